import { isIPv6 } from 'node:net';

/** Where clients find the registry, as host:port. */
export function registryAddress(host: string, port: number): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `${isIPv6(reachable) ? `[${reachable}]` : reachable}:${port}`;
}

/** The three lines for people. */
export function banner(address: string, dataDir: string): string {
  return [
    `Entrepot is ready at http://${address}`,
    `  docker tag alpine ${address}/demo/alpine && docker push ${address}/demo/alpine`,
    `  data is in ${dataDir}, Ctrl-C ends it`,
    '',
  ].join('\n');
}
