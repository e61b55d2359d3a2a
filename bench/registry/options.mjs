import { parseArgs } from 'node:util';

/** `--quick --only NAME[,NAME] --storage filesystem|s3 --rounds N --out DIR`. */
export function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      storage: { type: 'string', default: 'filesystem' },
      rounds: { type: 'string' },
      out: { type: 'string', default: '.cache/bench' },
    },
  });
  if (!['filesystem', 's3'].includes(values.storage)) throw new Error('--storage takes filesystem or s3');
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a number');
  return { ...values, rounds, only: values.only.flatMap((names) => names.split(',')) };
}
