// What is measured. A goal is a multiple of docker-registry's figure; of p99 and CPU a share. `memory` is absolute, in MB.
import { blob, catalog, manifest, manifestPut, mount, push, startAndCancel, tags, unknownTag } from './operations.mjs';
import { tagName } from './seeding.mjs';

const kilobyte = 1_000;
const megabyte = 1e6;
const gigabyte = 1e9;
const hot = { rate: 16, p99: 0.04, cpu: 0.04 };
const pageOfTags = tags(10_000, 100, `?n=100&last=${tagName(5_000)}`);

/** A file server can do it too. */
const files = true;
/** Bytes are what counts. */
const bytes = true;
/** What was stored is removed after each measurement. */
const bulky = true;
/** Not in a quick run. */
const full = true;
/** Entrepot alone, once: the goal is absolute. */
const alone = true;

const filesystem = {
  'manifest-get': { title: 'manifest GET by tag', connections: 64, prepare: manifest('GET'), goal: hot, files },
  'manifest-head': { title: 'manifest HEAD by tag', connections: 64, prepare: manifest('HEAD'), goal: hot, files },
  'manifest-get-1': { title: 'manifest GET by tag', connections: 1, prepare: manifest('GET'), goal: { rate: 2.6 }, files },
  'manifest-unknown': { title: 'manifest GET, unknown tag', connections: 64, prepare: unknownTag, goal: { rate: 12 } },
  'blob-head': { title: 'blob HEAD', connections: 64, prepare: blob('HEAD', kilobyte), goal: { rate: 12 }, files },
  'blob-get-1k': { title: 'blob GET, 1 KB', connections: 64, prepare: blob('GET', kilobyte), goal: { rate: 12 }, files },
  'blob-get-1m': { title: 'blob GET, 1 MB', connections: 4, prepare: blob('GET', megabyte), goal: { rate: 5.3 }, files, bytes },
  'blob-get-100m': {
    title: 'blob GET, 100 MB',
    connections: 4,
    prepare: blob('GET', 100 * megabyte),
    goal: { rate: 1.15, cpu: 0.8 },
    files,
    bytes,
    seconds: 3,
  },
  'tags-1000': { title: 'tags, all 1,000', connections: 4, prepare: tags(1_000, 1_000), goal: { rate: 5 } },
  'tags-page': { title: 'tags, page of 100 in 10,000', connections: 1, prepare: pageOfTags, goal: { rate: 15 }, full },
  'catalog-1000': { title: 'catalog, 1,000', connections: 4, prepare: catalog, goal: { rate: 15 }, full },
  'push-1k': { title: 'push, 1 KB', connections: 8, prepare: push(kilobyte), goal: { rate: 6 } },
  'push-1m': { title: 'push, 1 MB', connections: 8, prepare: push(megabyte), goal: { rate: 3.5 }, bytes, bulky },
  'push-200m-1': {
    title: 'push, 200 MB',
    connections: 1,
    prepare: push(200 * megabyte),
    goal: { rate: 1.8 },
    bytes,
    bulky,
    full,
    seconds: 4,
  },
  'push-200m-4': {
    title: 'push, 200 MB',
    connections: 4,
    prepare: push(200 * megabyte),
    goal: { rate: 1.4 },
    bytes,
    bulky,
    full,
    seconds: 4,
  },
  'manifest-put': { title: 'manifest PUT', connections: 8, prepare: manifestPut, goal: { rate: 5 } },
  'blob-mount': { title: 'blob mount', connections: 8, prepare: mount, goal: { rate: 4 } },
  'upload-cancel': { title: 'upload start and cancel', connections: 8, prepare: startAndCancel, goal: { rate: 8 } },
  'push-1g-20': {
    title: 'push, 20 × 1 GB',
    connections: 20,
    count: 20,
    prepare: push(gigabyte),
    goal: { memory: 400 },
    bytes,
    bulky,
    full,
    alone,
  },
};

const s3 = {
  'manifest-get': { title: 'manifest GET by tag', connections: 64, prepare: manifest('GET'), goal: { rate: 40 } },
  'blob-get-1m': { title: 'blob GET, 1 MB, streamed', connections: 4, prepare: blob('GET', megabyte), goal: { rate: 1 }, bytes },
  'blob-get-100m': {
    title: 'blob GET, 100 MB, streamed',
    connections: 4,
    prepare: blob('GET', 100 * megabyte),
    goal: { rate: 1 },
    bytes,
    seconds: 4,
  },
  'push-1m': { title: 'push, 1 MB', connections: 8, prepare: push(megabyte), goal: { rate: 4 }, bytes, bulky },
  'push-200m-4': {
    title: 'push, 200 MB',
    connections: 4,
    prepare: push(200 * megabyte),
    goal: { rate: 2 },
    bytes,
    bulky,
    full,
    seconds: 5,
  },
  'manifest-put': { title: 'manifest PUT', connections: 8, prepare: manifestPut, goal: { rate: 12 } },
};

const tables = { filesystem, s3 };

/** The rows asked for, in the order they are run in: lists before what makes them longer. */
export function rowsOf({ storage, quick, only }) {
  const all = Object.entries(tables[storage]).map(([name, row]) => ({ name, ...defaults(quick), ...row, ...(quick && { seconds: 1 }) }));
  return all.filter((row) => (only.length > 0 ? only.includes(row.name) : !(quick && row.full)));
}

const defaults = (quick) => ({ seconds: 2.5, warmUpSeconds: quick ? 0.5 : 0.7 });
