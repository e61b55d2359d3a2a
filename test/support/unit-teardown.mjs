/** Ends the PostgreSQL that unit-setup.mjs started and waits until its folder is gone. */
export default async function stopPostgres() {
  const running = globalThis.entrepotUnitPostgres;
  if (!running) return;
  running.guard.ref();
  running.guard.stdin.end();
  await running.ended;
}
