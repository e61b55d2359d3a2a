export const ours = 'Entrepot';
export const peer = 'docker-registry';

const figures = ['perSecond', 'megabytesPerSecond', 'p50', 'p99', 'cpuMicrosecondsPerOperation', 'cpuSecondsPerGigabyte', 'peakMemory'];

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** Of a row: medians by server, ratios to docker-registry, and whether the goal is met. A failed measurement fails the row. */
export function summarise(row, measured) {
  const failure = Object.entries(measured).flatMap(([server, all]) =>
    all.flatMap((one) => (one.failure ? `${server}: ${one.failure}` : [])),
  )[0];
  const { name, title, connections, goal, bytes = false } = row;
  const summary = { name, title, connections, bytes, goal };
  if (failure) return { ...summary, failure, missed: [] };
  const medians = Object.fromEntries(Object.entries(measured).map(([server, all]) => [server, mediansOf(all)]));
  const ratios = Object.fromEntries(Object.entries(medians).map(([server, own]) => [server, ratiosOf(own, medians[peer])]));
  const worst = Math.max(...Object.values(measured).flatMap((all) => all.map((one) => one.foreignShare)));
  return { ...summary, medians, ratios, foreignShare: worst, missed: missedGoals(goal, medians[ours], ratios[ours]) };
}

function mediansOf(all) {
  return Object.fromEntries(figures.map((figure) => [figure, median(all.map((one) => one[figure]))]));
}

function ratiosOf(own, of) {
  if (of === undefined) return null;
  return {
    rate: own.perSecond / of.perSecond,
    p50: own.p50 / of.p50,
    p99: own.p99 / of.p99,
    cpu: own.cpuMicrosecondsPerOperation / of.cpuMicrosecondsPerOperation,
    memory: own.peakMemory / of.peakMemory,
  };
}

function missedGoals(goal, own, ratio) {
  const missed = [];
  if (goal.rate !== undefined && ratio.rate < goal.rate) missed.push('rate');
  for (const figure of ['p99', 'cpu']) if (goal[figure] !== undefined && ratio[figure] > goal[figure]) missed.push(figure);
  if (goal.memory !== undefined && own.peakMemory > goal.memory) missed.push('memory');
  return missed;
}
