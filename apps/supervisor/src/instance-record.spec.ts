import { readFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, DataFolderInUseError } from '#platform';
import { InstanceRecord } from './instance-record.js';

const folder = mkdtempSync(join(tmpdir(), 'entrepot-record-'));
const file = join(folder, 'supervisor.json');
const record = new InstanceRecord(folder, createLogger({ process: 'supervisor', level: 'silent' }));
afterAll(() => rmSync(folder, { recursive: true }));

it.each(['null', '{}', '"text"', '7', '[null]', '[{}]', '[{"name":"supervisor","pid":"1","identity":"x"}]', '[{', ''])(
  'a record that says %s is no record',
  async (content) => {
    writeFileSync(file, content);
    await expect(record.settlePrevious()).resolves.toBeUndefined();
  },
);

it('a supervisor that lives keeps the folder', async () => {
  record.write([]);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toHaveLength(1);
  await expect(record.settlePrevious()).rejects.toThrow(DataFolderInUseError);
});
