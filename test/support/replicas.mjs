// Kept here, not on globalThis: jest tidies what it finds there, object by object, and would not come back from a child process.
let running = null;

/** Starts the cluster of a run, and answers where its clients go. */
export async function startReplicas(options) {
  const { Cluster } = await import('./cluster/cluster.ts');
  running = await Cluster.start(options);
  return running.url;
}

export async function stopReplicas() {
  await running?.stop();
}
