import { RunningRegistry } from './running-registry.ts';

/**
 * The registry under test: the one at REGISTRY_URL, whatever it is, else the built product, started for this run.
 * REGISTRY_IS_ENTREPOT=0 or 1 says whether promises beyond the spec are checked too; the default is what the registry looks like.
 */
export default async function setUp() {
  if (!process.env.REGISTRY_URL) {
    // A short idle time-out, so that a body that stalls can be waited for.
    process.env.REGISTRY_IDLE_SECONDS = '3';
    globalThis.registryUnderTest = await RunningRegistry.start({ env: { IDLE_TIMEOUT_SECONDS: '3', LOG_LEVEL: 'warn' } });
    process.env.REGISTRY_URL = globalThis.registryUnderTest.url;
  }
  process.env.REGISTRY_IS_ENTREPOT ??= (await looksLikeEntrepot(process.env.REGISTRY_URL)) ? '1' : '0';
}

async function looksLikeEntrepot(url) {
  const response = await fetch(new URL('/health/ready', url)).catch(() => undefined);
  await response?.arrayBuffer();
  return response?.status === 200;
}
