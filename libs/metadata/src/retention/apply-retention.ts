import { companionOf, type RepositoryName, type Tag } from '#oci';
import { decideRetention } from './decide-retention.js';
import type { RetentionStore } from './retention-store.js';
import type { ManifestDecision, RepositorySnapshot, RetentionPlan, TagDecision } from './snapshot.js';

/** What a repository's rules say of what it has now, and what they were applied to. */
export interface PlannedRetention {
  readonly snapshot: RepositorySnapshot;
  readonly plan: RetentionPlan;
}

/** What went. `left`: decided to go, but something came to it meanwhile; the next run decides anew. */
export interface AppliedRetention {
  readonly tags: readonly TagDecision[];
  readonly manifests: readonly ManifestDecision[];
  readonly left: number;
}

const batch = 100;

/** Decides without doing anything; null where the repository is unknown. Throws PolicyError. */
export async function planRetention(store: RetentionStore, name: RepositoryName, tagHistoryDays: number): Promise<PlannedRetention | null> {
  const snapshot = await store.snapshot(name, tagHistoryDays);
  return snapshot && { snapshot, plan: decideRetention(snapshot, tagHistoryDays) };
}

/** How a repository's rules are applied. */
export interface ApplyOptions {
  /** Breaks off. */
  readonly signal?: AbortSignal;
  /** Told how many decisions are done, of how many. */
  readonly told?: (done: number, of: number) => void;
}

/** Does what was planned, in many small transactions that each look again. */
export async function applyRetention(
  store: RetentionStore,
  { snapshot, plan }: PlannedRetention,
  { signal = new AbortController().signal, told = () => undefined }: ApplyOptions = {},
): Promise<AppliedRetention> {
  const going = plan.tags.filter(({ keep }) => !keep);
  const unwanted = plan.manifests.filter(({ keep }) => !keep);
  const of = going.length + unwanted.length;
  const tell = (done: number) => told(done, of);
  const gone = new Set<Tag>(await dropOrdinaryTags(store, snapshot, going, { signal, tell }));
  const manifests: ManifestDecision[] = [];
  for (const [at, decision] of unwanted.entries()) {
    signal.throwIfAborted();
    tell(gone.size + at);
    if (await store.dropManifest(snapshot, decision)) manifests.push(decision);
  }
  const digests = new Set(manifests.map(({ digest }) => digest));
  const unwantedDigests = new Set(unwanted.map(({ digest }) => digest));
  for (const { tag, digest } of going.filter(isCompanion))
    // Most went with their manifests. One whose manifest was to go and is in use after all stays on it.
    if (digests.has(digest) || (!unwantedDigests.has(digest) && (await store.dropCompanion(snapshot, tag)))) gone.add(tag);
  return { tags: going.filter(({ tag }) => gone.has(tag)), manifests, left: of - gone.size - manifests.length };
}

async function dropOrdinaryTags(
  store: RetentionStore,
  snapshot: RepositorySnapshot,
  going: readonly TagDecision[],
  { signal, tell }: { signal: AbortSignal; tell: (done: number) => void },
): Promise<Tag[]> {
  const ordinary = going.filter((decision) => !isCompanion(decision));
  const dropped: Tag[] = [];
  for (let at = 0; at < ordinary.length; at += batch) {
    signal.throwIfAborted();
    tell(at);
    const names = await store.dropTags(snapshot, ordinary.slice(at, at + batch));
    if (!names) break;
    dropped.push(...names);
  }
  return dropped;
}

const isCompanion = ({ tag }: TagDecision): boolean => companionOf(tag) !== null;
