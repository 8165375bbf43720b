export {
  hasApache,
  hasHaproxy,
  hasNginx,
  hasSquid,
  makeCertificate,
  type ProxyPlace,
  type RunningProxy,
  startApache,
  startHaproxy,
  startNginx,
  startSquid,
} from './lib/proxies.js'
