import { closedLoop, percentile } from './closed-loop.mjs';
import { Connection } from './connection.mjs';
import { cpuOfKernelThreads, cpuOfMachine, cpuOfTree, forgetPeakMemory, memoryOf, snapshot } from './processes.mjs';

/** Nothing is waited for longer, whatever a server does. */
const longestSeconds = 300;

/** One row on one server, once: figures, or `failure`. */
export async function measure(row, server, { others, patience }) {
  const connections = Array.from({ length: row.connections }, () => new Connection(server.url));
  const seeders = Array.from({ length: 8 }, () => new Connection(server.url));
  const closeAll = () => [...connections, ...seeders].forEach((connection) => connection.close());
  const limit = setTimeout(closeAll, longestSeconds * 1_000);
  try {
    const operation = await row.prepare(server, seeders);
    const before = row.bulky && (await server.storage?.list());
    const warmUp = await closedLoop(operation, connections, { milliseconds: row.count ? 0 : row.warmUpSeconds * 1_000 });
    await patience.untilQuiet();
    const figures = await figuresOf(row, server, { others, connections, operation });
    if (before) await server.forget(before);
    const [failure] = [...warmUp.failures, ...figures.failures];
    return failure === undefined && figures.operations > 0 ? figures : { failure: failure ?? 'nothing was done in time' };
  } catch (error) {
    return { failure: error.message };
  } finally {
    clearTimeout(limit);
    closeAll();
  }
}

async function figuresOf(row, server, { others, connections, operation }) {
  const serving = server.servingProcesses();
  serving.forEach(forgetPeakMemory);
  const before = usage(server, others);
  const done = await closedLoop(operation, connections, { milliseconds: row.count ? Infinity : row.seconds * 1_000, count: row.count });
  const after = usage(server, others);
  const cpu = after.server - before.server;
  const foreign = after.foreign - before.foreign;
  return {
    operations: done.operations,
    perSecond: done.operations / done.seconds,
    megabytesPerSecond: done.bytes / done.seconds / 1e6,
    p50: percentile(done.times, 0.5),
    p99: percentile(done.times, 0.99),
    cpuMicrosecondsPerOperation: (cpu / done.operations) * 1e6,
    cpuSecondsPerGigabyte: (cpu / done.bytes) * 1e9,
    peakMemory: Math.max(...serving.map((pid) => memoryOf(pid).peak)),
    clientCpuShare: (after.client - before.client) / (after.machine - before.machine),
    foreignShare: Math.max(0, foreign / (after.machine - before.machine)),
    failures: done.failures,
  };
}

/** CPU seconds so far. Foreign is what neither this server, nor what it and we need, nor the kernel's own threads used. */
function usage(server, others) {
  const all = snapshot();
  const machine = cpuOfMachine();
  const ours = cpuOfTree(all, process.pid) - others.reduce((sum, other) => sum + cpuOfTree(all, other.pid), 0);
  const { user, system } = process.cpuUsage();
  return {
    server: cpuOfTree(all, server.pid),
    client: (user + system) / 1e6,
    foreign: machine.used - ours - cpuOfKernelThreads(all),
    machine: machine.all,
  };
}
