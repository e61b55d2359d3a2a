import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What each operation costs on the full installation, as a multiple of the almost empty one's; `noise`: the same multiple, round by round. */
export function compare(results) {
  return Object.entries(results).map(([operation, { empty, full }]) => ({
    operation,
    empty,
    full,
    growth: {
      p10: full.p10Ms / empty.p10Ms,
      p50: full.p50Ms / empty.p50Ms,
      p99: full.p99Ms / empty.p99Ms,
      perSecond: empty.perSecond / full.perSecond,
      processor: full.processorMs / empty.processorMs,
    },
    noise: full.medians.map((median, round) => median / empty.medians[round]),
  }));
}

/** Writes growth.md and growth.json into the folder; answers the former. */
export function writeReport(folder, { rows, scales, limit }) {
  const markdown = `${scaleText(scales)}\n\n${table(rows, limit)}\n`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'growth.md'), markdown);
  writeFileSync(join(folder, 'growth.json'), `${JSON.stringify({ scales, limit, rows }, null, 1)}\n`);
  return markdown;
}

export const exceeds = ({ growth }, limit) => Object.values(growth).some((factor) => factor > limit);

function table(rows, limit) {
  const lines = rows.map((row) => {
    const { empty, full, growth, noise } = row;
    const cells = [
      `${ms(empty.p10Ms)} → ${ms(full.p10Ms)}`,
      times(growth.p10),
      `${ms(empty.p50Ms)} → ${ms(full.p50Ms)}`,
      times(growth.p50),
      `${times(Math.min(...noise))} – ${times(Math.max(...noise))}`,
      `${ms(empty.p99Ms)} → ${ms(full.p99Ms)}`,
      times(growth.p99),
      `${Math.round(empty.perSecond)} → ${Math.round(full.perSecond)}`,
      times(growth.perSecond),
      `${ms(empty.processorMs)} → ${ms(full.processorMs)}`,
      times(growth.processor),
    ];
    return `| ${row.operation}${exceeds(row, limit) ? ' **over**' : ''} | ${cells.join(' | ')} |`;
  });
  const head = ['operation', 'p10, ms', '×', 'p50, ms', '×', 'its rounds', 'p99, ms', '×', 'per second, c=8', '×', 'CPU, ms', '×'];
  return [`| ${head.join(' | ')} |`, `|${'---|'.repeat(head.length)}`, ...lines].join('\n');
}

function scaleText({ empty, full }) {
  return Object.keys(full)
    .map((kind) => `${kind}: ${count(empty[kind])} → ${count(full[kind])}`)
    .join('; ');
}

const ms = (value) => value.toFixed(2);
const times = (value) => value.toFixed(2);
const count = (value) => value.toLocaleString('en');
