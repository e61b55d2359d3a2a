// The Markdown of a run: rows that miss their goal first.
import { disturbedShare } from './patience.mjs';
import { ours, peer } from './summary.mjs';

const head = ['Work', 'c', ours, peer, '×', 'Goal, ×', 'Met', 'p50, ms', 'p99, ms', 'CPU', 'Peak MB', 'nginx, files'];

export function reportOf({ machine, rows, startUp }) {
  const sorted = [...rows].sort((a, b) => Number(isMet(a)) - Number(isMet(b)));
  const lines = [head, head.map((_, at) => (at === 0 || at === 5 ? '---' : '--:')), ...sorted.map(cellsOf)].map(
    (cells) => `| ${cells.join(' | ')} |`,
  );
  const table = rows.length > 0 ? [...lines, ''] : [];
  return [...machineLines(machine), '', ...table, ...startUpLines(startUp), ...notes(sorted), ''].join('\n');
}

const isMet = ({ failure, missed }) => !failure && missed.length === 0;

function cellsOf(row) {
  const { title, connections, bytes, failure, medians, ratios } = row;
  if (failure) return [title, connections, `failed: ${failure.slice(0, 120)}`, '', '', goalOf(row), 'no', '', '', '', '', ''];
  const own = medians[ours];
  const others = medians[peer];
  const files = medians['nginx, files'];
  const rate = (of) => (of === undefined ? '–' : bytes ? `${digits(of.megabytesPerSecond)} MB/s` : `${digits(of.perSecond)}/s`);
  const cpu = (of) => (bytes ? of.cpuSecondsPerGigabyte : of.cpuMicrosecondsPerOperation);
  const beside = (figure, ratio) =>
    others ? `${digits(figure(own))} / ${digits(figure(others))} (${digits(ratio)}×)` : digits(figure(own));
  return [
    ...[title, connections, rate(own), rate(others), others ? `**${digits(ratios[ours].rate)}**` : '–', goalOf(row), verdict(row)],
    beside((of) => of.p50, ratios[ours]?.p50),
    beside((of) => of.p99, ratios[ours]?.p99),
    `${beside(cpu, ratios[ours]?.cpu)} ${bytes ? 's/GB' : 'µs'}`,
    others ? `${digits(own.peakMemory)} / ${digits(others.peakMemory)}` : digits(own.peakMemory),
    files ? `${rate(files)} (${digits(ratios['nginx, files'].rate)}×)` : '–',
  ];
}

function goalOf({ goal }) {
  const parts = [];
  if (goal.rate !== undefined) parts.push(`≥ ${goal.rate}`);
  if (goal.p99 !== undefined) parts.push(`p99 ≤ ${goal.p99}`);
  if (goal.cpu !== undefined) parts.push(`CPU ≤ ${goal.cpu}`);
  if (goal.memory !== undefined) parts.push(`≤ ${goal.memory} MB`);
  return parts.join(', ');
}

const verdict = ({ missed }) => (missed.length === 0 ? 'yes' : `**no**: ${missed.join(', ')}`);

function startUpLines(startUp) {
  if (!startUp) return [];
  const { milliseconds, idleMemory } = startUp;
  return [
    '| One api process | Entrepot | Goal | Met |',
    '| --- | --: | --: | --: |',
    `| start-up | ${digits(milliseconds)} ms | ≤ 500 ms | ${milliseconds <= 500 ? 'yes' : '**no**'} |`,
    `| memory at rest | ${digits(idleMemory)} MB | ≤ 130 MB | ${idleMemory <= 130 ? 'yes' : '**no**'} |`,
    '',
  ];
}

function machineLines({ processors, model, memory, kernel, programs, version, isCommitted, rounds, storage, quick }) {
  const measured = `Medians of ${rounds} ${rounds === 1 ? 'round' : 'rounds'}${quick ? ', quick' : ''}, on ${storage}.`;
  return [
    `${processors} × ${model}, ${memory} GB, Linux ${kernel}; ${programs.join(', ')}; Entrepot ${version}${isCommitted ? '' : ' with changes'}. ${measured}`,
    '',
    `CPU: all processes of a server together, PostgreSQL and worker included. Peak MB: the largest process that serves.`,
  ];
}

function notes(rows) {
  const disturbed = rows
    .filter(({ foreignShare }) => foreignShare > disturbedShare)
    .map((row) => `${row.name} (${digits(row.foreignShare * 100)} %)`);
  return disturbed.length === 0
    ? []
    : [`Others took more than a tenth of the processors, at worst, in: ${disturbed.join(', ')}. There the ratio of CPU holds best.`];
}

/** Three digits that count. */
function digits(number) {
  if (!Number.isFinite(number)) return '–';
  return number >= 100 ? Math.round(number).toLocaleString('en') : String(Number(number.toPrecision(number >= 10 ? 3 : 2)));
}
