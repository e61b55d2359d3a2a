// Preloaded into the processes of a registry under test, never part of the product. The worker stops dead at the step that the control
// file names (once: the file is renamed), so that it can be killed exactly there.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import pg from 'pg';

const control = process.env.STALL_CONTROL_FILE;
const isWorker = process.argv[1]?.includes('dist/apps/worker');

/** A step is over when a statement has answered, and its answer is about something. */
const afterStatement = {
  'links claimed': ['gc_claim_links', ({ rows }) => rows[0].digests.length > 0],
  'links deleted': ['gc_delete_links', ({ rows }) => rows[0].collected > 0],
  'blobs claimed': ['gc_claim_blobs', ({ rows }) => rows[0].digests.length > 0],
  'blobs deleted': ['gc_delete_blobs', ({ rows }) => rows[0].collected > 0],
  'objects claimed': ['outbox_claim', ({ rows }) => rows[0]?.kind === 'delete-object'],
  'objects struck off': ['outbox_remove', (_result, before) => before === 'objects claimed'],
};
/** Or when the transaction of such a statement is committed. */
const afterCommit = { 'links deleted': 'links committed', 'blobs deleted': 'blobs committed', 'objects struck off': 'objects committed' };

async function reached(step) {
  if (!fs.existsSync(control) || fs.readFileSync(control, 'utf8') !== step) return;
  fs.renameSync(control, `${control}.reached`);
  await new Promise(() => setInterval(() => undefined, 1_000));
}

function watchStatements() {
  const { query } = pg.Client.prototype;
  const lastStep = new WeakMap();
  pg.Client.prototype.query = function (...args) {
    const answer = query.apply(this, args);
    return typeof answer?.then === 'function' ? answer.then((result) => this.stallAfter(args[0], result)) : answer;
  };
  pg.Client.prototype.stallAfter = async function (statement, result) {
    const before = lastStep.get(this);
    const [step] = Object.entries(afterStatement).find(([, [name, matters]]) => statement?.name === name && matters(result, before)) ?? [];
    if (step) lastStep.set(this, step);
    if (step) await reached(step);
    if (statement === 'commit') {
      lastStep.delete(this);
      if (afterCommit[before]) await reached(afterCommit[before]);
    }
    return result;
  };
}

/** Between the first object and the rest, and before the rows of all that are gone are struck off. */
function watchRemovals() {
  const { unlink } = fs.promises;
  fs.promises.unlink = async (path) => {
    await unlink(path);
    if (String(path).includes('/blobs/')) await reached('one object removed');
  };
  syncBuiltinESMExports();
}

if (control && isWorker) {
  watchStatements();
  watchRemovals();
}
