import { createLogger } from './logger.js';

function logging(isTTY: boolean) {
  const lines: string[] = [];
  const destination = { isTTY, write: (line: string) => lines.push(line) };
  return { lines, logger: createLogger({ process: 'api', level: 'info', destination }) };
}

it('writes one JSON object a line, without what is below the level', () => {
  const { lines, logger } = logging(false);
  logger.debug('unseen');
  logger.info({ url: 'http://127.0.0.1:5000' }, 'ready');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/\n$/);
  expect(JSON.parse(lines[0]!)).toMatchObject({ level: 'info', process: 'api', msg: 'ready', url: 'http://127.0.0.1:5000' });
});

it('writes text for people on a terminal, with the stack of an error beneath', () => {
  const { lines, logger } = logging(true);
  logger.warn({ err: new Error('no route'), attempt: 2 }, 'retrying');
  expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} WARN {2}api: retrying attempt=2\n {2}Error: no route\n/);
});

it.each([true, false])('lets no secret out (terminal: %s)', (isTTY) => {
  const { lines, logger } = logging(isTTY);
  logger.info({ password: 'hunter2', settings: { storage: { secretAccessKey: 'hunter2' } }, headers: { authorization: 'hunter2' } }, 'a');
  logger.error({ err: new Error('cannot reach postgresql://entrepot:hunter2@127.0.0.1:5432/entrepot') }, 'b');
  logger.info({ url: 'redis://:hunter2@cache:6379' }, 'to postgres://u:hunter2@h/db');
  expect(lines).toHaveLength(3);
  expect(lines.join('')).not.toContain('hunter2');
  expect(lines.join('')).toContain('entrepot:***@127.0.0.1:5432');
});
