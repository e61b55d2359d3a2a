import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from '#platform';

/** Before anything else of a program: a Node that says it is of another version. */
const pretending = (node: string) =>
  `data:text/javascript,Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${node}' } })`;

it.each(['start.mjs', 'entrepot.mjs'])('tools/%s refuses a Node that is too old, in one line', (program) => {
  const args = ['--import', pretending('18.20.8'), join(projectRoot, 'tools', program)];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect({ status, stdout, stderr }).toEqual({
    status: 1,
    stdout: '',
    stderr: 'entrepot: Node 20 or newer is needed, this is 18.20.8\n',
  });
});
