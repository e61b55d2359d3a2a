import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';

const lowest = 10_240;
const fewest = 1_000;

/**
 * A TCP port of 127.0.0.1 that is free, and that the system lends to no outgoing connection: a server keeps its port over restarts, and whoever
 * tries to reach it meanwhile could be lent that very port, and be answered by itself.
 */
export async function freePort(): Promise<number> {
  const end = firstLent();
  if (end - lowest < fewest) return bound(0);
  for (let attempt = 1; ; attempt++) {
    try {
      return await bound(randomInt(lowest, end));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || attempt === 100) throw error;
    }
  }
}

/** Where the ports for outgoing connections begin; Linux's default where there is no telling. */
function firstLent(): number {
  try {
    return Number.parseInt(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8'), 10);
  } catch {
    return 32_768;
  }
}

async function bound(wanted: number): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(wanted, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
