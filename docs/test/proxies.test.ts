import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  checkApache,
  checkHaproxy,
  checkNginx,
  checkSquid,
  hasApache,
  hasHaproxy,
  hasNginx,
  hasSquid,
  makeCertificate,
  type ProxyPlace,
} from '@tidings/test-kit/proxies'
import { expect, it } from 'vitest'

const guide = readFileSync(join(import.meta.dirname, '../deployment.md'), 'utf8')

/** Returns the only block of the guide in a language. */
function blockOf(language: string): string {
  const blocks = [...guide.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))]
  expect(blocks).toHaveLength(1)
  return blocks[0]?.[1] ?? ''
}

/** Makes a certificate with its key, as HAProxy reads it, and returns the path. */
function bundleOf({ directory }: ProxyPlace): string {
  makeCertificate(directory)
  const read = (name: string) => readFileSync(join(directory, name), 'utf8')
  const path = join(directory, 'bundle.pem')
  writeFileSync(path, read('certificate.pem') + read('key.pem'))
  return path
}

it.skipIf(!hasNginx)('nginx accepts its block', async () => {
  await checkNginx((place) => {
    makeCertificate(place.directory)
    // As the comment of the block says, for releases before 1.25.1.
    const before = blockOf('nginx')
      .replace('listen 443 ssl;', `listen 127.0.0.1:${place.tlsPort} ssl http2;`)
      .replace(/^ *http2 on;.*\n/m, '')
    return `ssl_certificate certificate.pem; ssl_certificate_key key.pem;\n${before}`
  })
})

it.skipIf(!hasHaproxy)('HAProxy accepts its block', async () => {
  await checkHaproxy((place) => blockOf('haproxy').replace('/etc/haproxy/example.org.pem', bundleOf(place)))
})

it.skipIf(!hasSquid)('Squid accepts its block', async () => {
  await checkSquid(() => blockOf('squid'))
})

it.skipIf(!hasApache)('Apache httpd accepts its block', async () => {
  const modules = ['ssl', 'http2', 'proxy_balancer', 'lbmethod_bybusyness', 'slotmem_shm']
  const loaded = modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`)
  await checkApache((place) => {
    makeCertificate(place.directory)
    const block = blockOf('apache')
      .replace('/etc/ssl/example.org.pem', 'certificate.pem')
      .replace('/etc/ssl/example.org.key', 'key.pem')
    return [...loaded, block].join('\n')
  })
})
