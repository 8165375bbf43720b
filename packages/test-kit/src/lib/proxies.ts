import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import {
  checkProxy,
  type ProxyPlace,
  type ProxyProgram,
  type RunningProxy,
  startProxy,
} from './start-proxy.js'

export type { ProxyPlace, RunningProxy }

const executables = {
  nginx: process.env['TIDINGS_NGINX'] ?? '/usr/sbin/nginx',
  haproxy: process.env['TIDINGS_HAPROXY'] ?? '/usr/sbin/haproxy',
  squid: process.env['TIDINGS_SQUID'] ?? '/usr/sbin/squid',
  apache: process.env['TIDINGS_APACHE'] ?? '/usr/sbin/apache2',
}

const isThere = (path: string) => existsSync(path) || process.env['CI'] === 'true'

/** Whether there is an nginx to test with, and what makes its certificate. With `CI=true` there has to be. */
export const hasNginx = isThere(executables.nginx) && isThere('/usr/bin/openssl')
/** Whether there is an HAProxy to test with. With `CI=true` there has to be. */
export const hasHaproxy = isThere(executables.haproxy)
/** Whether there is a Squid to test with. With `CI=true` there has to be. */
export const hasSquid = isThere(executables.squid)
/** Whether there is an Apache httpd to test with. With `CI=true` there has to be. */
export const hasApache = isThere(executables.apache)

/**
 * Starts an nginx of one process, and stops it when the test is over. All that it writes is in its directory.
 *
 * @param http returns what its `http { … }` contains
 */
export function startNginx(http: (place: ProxyPlace) => string): Promise<RunningProxy> {
  return startProxy(nginx(http))
}

/** Has nginx check a configuration. @throws Error if it does not accept it */
export function checkNginx(http: (place: ProxyPlace) => string): Promise<void> {
  return checkProxy(nginx(http))
}

function nginx(http: (place: ProxyPlace) => string): ProxyProgram {
  return {
    checkArgs: ({ directory }) => ['-t', '-p', `${directory}/`, '-c', 'nginx.conf', '-e', 'stderr'],
    executable: executables.nginx,
    file: 'nginx.conf',
    // Before it has read its configuration, it would write to the log of the nginx that may be installed.
    args: ({ directory }) => ['-p', `${directory}/`, '-c', 'nginx.conf', '-e', 'stderr'],
    configuration: (place) => {
      const content = http(place)
      return `
daemon off;
master_process off;
pid nginx.pid;
error_log stderr warn;
events {}
http {
  ${content.includes('access_log') ? '' : 'access_log off;'}
  client_body_temp_path client_body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
${content}
}
`
    },
  }
}

/**
 * Starts an HAProxy, and stops it when the test is over.
 *
 * @param configuration returns what follows an empty `global`
 */
export function startHaproxy(configuration: (place: ProxyPlace) => string): Promise<RunningProxy> {
  return startProxy(haproxy(configuration))
}

/** Has HAProxy check a configuration. @throws Error if it does not accept it */
export function checkHaproxy(configuration: (place: ProxyPlace) => string): Promise<void> {
  return checkProxy(haproxy(configuration))
}

function haproxy(configuration: (place: ProxyPlace) => string): ProxyProgram {
  return {
    checkArgs: ({ directory }) => ['-c', '-f', `${directory}/haproxy.cfg`],
    executable: executables.haproxy,
    file: 'haproxy.cfg',
    args: ({ directory }) => ['-db', '-f', `${directory}/haproxy.cfg`],
    configuration: (place) => `global\n  nbthread 1\n${configuration(place)}\n`,
  }
}

/**
 * Starts a Squid without a cache on disk and without logs, and stops it when the test is over.
 *
 * @param configuration returns what follows these settings
 */
export function startSquid(configuration: (place: ProxyPlace) => string): Promise<RunningProxy> {
  return startProxy(squid(configuration))
}

/** Has Squid check a configuration. @throws Error if it does not accept it */
export function checkSquid(configuration: (place: ProxyPlace) => string): Promise<void> {
  return checkProxy(squid(configuration))
}

function squid(configuration: (place: ProxyPlace) => string): ProxyProgram {
  return {
    checkArgs: ({ directory }) => ['-k', 'parse', '-f', `${directory}/squid.conf`],
    executable: executables.squid,
    file: 'squid.conf',
    args: ({ directory }) => ['-N', '-f', `${directory}/squid.conf`],
    configuration: (place) => `
pid_filename none
access_log none
cache_log /dev/null
cache_store_log none
coredump_dir ${place.directory}
netdb_filename none
pinger_enable off
${configuration(place)}
`,
  }
}

/** Modules of Debian's Apache httpd that most configurations load. */
const modules = ['mpm_event', 'authz_core', 'proxy', 'proxy_http', 'headers', 'setenvif', 'filter', 'deflate']

/**
 * Starts an Apache httpd of one process, and stops it when the test is over.
 *
 * @param configuration returns what follows its `Listen`
 */
export function startApache(configuration: (place: ProxyPlace) => string): Promise<RunningProxy> {
  return startProxy(apache(configuration))
}

/** Has Apache httpd check a configuration. @throws Error if it does not accept it */
export function checkApache(configuration: (place: ProxyPlace) => string): Promise<void> {
  return checkProxy(apache(configuration))
}

function apache(configuration: (place: ProxyPlace) => string): ProxyProgram {
  return {
    checkArgs: ({ directory }) => ['-t', '-d', directory, '-f', `${directory}/apache.conf`],
    executable: executables.apache,
    file: 'apache.conf',
    args: ({ directory }) => ['-X', '-d', directory, '-f', `${directory}/apache.conf`],
    configuration: (place) => `
${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
ServerName 127.0.0.1
PidFile ${place.directory}/apache.pid
DefaultRuntimeDir ${place.directory}
ErrorLog ${place.directory}/error.log
Listen 127.0.0.1:${place.port}
${configuration(place)}
`,
  }
}

/** Makes a certificate for 127.0.0.1 in a directory: `certificate.pem` and `key.pem`. */
export function makeCertificate(directory: string): void {
  const { status, stderr } = spawnSync(
    'openssl',
    [
      'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=127.0.0.1'.split(
        ' ',
      ),
      '-addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out certificate.pem'.split(' '),
    ].flat(),
    { cwd: directory, encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`openssl made no certificate: ${stderr}`)
}
