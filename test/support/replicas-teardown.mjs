import { stopReplicas } from './replicas.mjs';

export default async function tearDown() {
  await stopReplicas();
}
