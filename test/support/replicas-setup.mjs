import './from-source.mjs';
import { startReplicas } from './replicas.mjs';

/** The conformance suite against three replicas behind a balancer that gives each request to the next one. REPLICAS_STORAGE: s3 (default) or filesystem. */
export default async function setUp() {
  process.env.REGISTRY_IDLE_SECONDS = '3';
  process.env.REGISTRY_IS_ENTREPOT = '1';
  process.env.REGISTRY_BEHIND_PROXY = '1';
  process.env.REGISTRY_URL = await startReplicas({
    storage: process.env.REPLICAS_STORAGE === 'filesystem' ? 'filesystem' : 's3',
    env: { IDLE_TIMEOUT_SECONDS: '3' },
  });
}
