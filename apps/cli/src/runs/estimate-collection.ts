import type { CollectionSum } from '#metadata';
import type { CommandContext } from '../command-context.js';
import { progressOfRun, reportOfRun } from './run-words.js';

/** Says what a collection would take now, by the rows alone: no worker is needed, and nothing is changed. */
export async function estimateCollection({ registry, output, settings, interrupted }: CommandContext): Promise<void> {
  const { graceSeconds } = settings.blobs;
  let sum: CollectionSum = { links: 0, blobs: 0, bytes: 0 };
  for await (const page of registry.collection.estimate()) {
    interrupted.throwIfAborted();
    sum = { links: sum.links + page.links, blobs: sum.blobs + page.blobs, bytes: sum.bytes + page.bytes };
    output.progress.show(progressOfRun({ kind: 'gc', progress: { ...sum } }, undefined));
  }
  const report = { ...sum, pending: await registry.collection.pending() };
  output.answer({ dryRun: true, blobGraceSeconds: graceSeconds, ...report }, () => [
    ...reportOfRun({ kind: 'gc', dryRun: true, report }),
    `with BLOB_GRACE_SECONDS=${graceSeconds}`,
  ]);
}
