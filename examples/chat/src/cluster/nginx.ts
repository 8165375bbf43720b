import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Writes the configuration of an nginx in front of the nodes, and returns its arguments. */
export async function configureNginx(
  folder: string,
  port: number,
  nodePorts: readonly number[],
  proxyFile: string,
): Promise<string[]> {
  await writeFile(join(folder, 'nginx.conf'), configuration(port, nodePorts, proxyFile))
  // Until it has read its configuration, nginx would write to the log of the installed nginx.
  return ['-p', `${folder}/`, '-c', 'nginx.conf', '-e', 'stderr']
}

/** A configuration with a single process, which writes only below its folder. */
function configuration(port: number, nodePorts: readonly number[], proxyFile: string): string {
  return `
daemon off;
master_process off;
pid nginx.pid;
error_log stderr crit;
events {
  worker_connections 1024;
}
http {
  access_log off;
  client_body_temp_path client_body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;

  upstream chat {
    ${nodePorts.map((nodePort) => `server 127.0.0.1:${nodePort};`).join('\n    ')}
    keepalive 32;
  }
  server {
    listen 127.0.0.1:${port};
    include ${JSON.stringify(proxyFile)};
  }
}
`
}
