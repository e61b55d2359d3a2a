// An object store that lives as long as its standard input, as a process of its own, so that it and its folder go away however the tests end.
// Prints one line of JSON: {"url": …}. Nothing is started before somebody asks that address, and nobody is answered before the store serves:
// {"endpoint": …, "accessKeyId": …, "secretAccessKey": …}, or 500 and the reason.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, startCeph } from './ceph-cluster.mjs';

let folder = null;
let starting = null;
let ending = false;

const server = createServer((_request, response) => {
  starting ??= start();
  starting.then(
    ({ endpoint }) => response.end(JSON.stringify({ endpoint, ...credentials })),
    (error) => response.writeHead(500).end(error.message),
  );
});

function start() {
  if (ending) throw new Error('ending');
  folder = mkdtempSync(join(tmpdir(), 'entrepot-s3-'));
  return startCeph({ folder });
}

async function end() {
  ending = true;
  const store = await starting?.catch(() => null);
  await store?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
  process.exit(0);
}

process.stdin.resume().once('close', () => void end());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {}); // a terminal sends these to everybody; only the tests' end counts

server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` })}\n`));
