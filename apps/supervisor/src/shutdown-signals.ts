/** Two signals within this time are one: a terminal sends Ctrl-C to all processes of the group, and npm passes its own on. */
const echoMs = 1_000;

/** Calls `stop` on the first signal to end, or when the process that started us is gone, and `hasten` on a later one. */
export function onShutdownSignals(stop: (reason: string) => void, hasten: () => void): void {
  let firstAt: number | undefined;
  const heard = (reason: string) => {
    if (firstAt === undefined) {
      firstAt = performance.now();
      stop(reason);
    } else if (performance.now() - firstAt > echoMs) hasten();
  };
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, () => heard(name));
  process.on('disconnect', () => heard('the process that started this one is gone'));
}
