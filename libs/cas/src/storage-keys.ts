import { randomUUID } from 'node:crypto';

/*
 * The whole key layout, the same in every driver (on the filesystem a key is a path below the root):
 *
 *   <root or prefix>/
 *   └── blobs/
 *       └── <2 hex>/            the last two digits of the uuid, so that time-ordered uuids spread too
 *           └── <uuid>          one stored object, complete or still growing
 *
 * Uploads that begin in the same moment get ids that end alike: their names are in one folder, and one flush of that makes them all durable.
 *
 * Written under <uuid> are: the bytes of an upload (its id gives the first key); on the filesystem the further pieces of an upload
 * that was taken over, and the object they are joined into (fresh uuids). Nothing else lives here, nothing is ever renamed, and a key
 * is never used for a second object: which key holds which blob, and whether it may be seen, is known to the metadata alone.
 */
const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{10}([0-9a-f]{2})';
const uuidPattern = new RegExp(`^${uuid}$`);
const keyPattern = new RegExp(`^blobs/([0-9a-f]{2})/${uuid}$`);

/** The folder that holds all objects. */
export const objectsFolder = 'blobs';

/** Prefixes that divide all keys into 256 shares of about one size. */
export const objectPrefixes: readonly string[] = Array.from(
  { length: 256 },
  (_, spread) => `${objectsFolder}/${spread.toString(16).padStart(2, '0')}/`,
);

/** The object key that belongs to a uuid (lower case), by default to a new one; throws TypeError on anything else. */
export function objectKey(id: string = randomUUID()): string {
  const spread = uuidPattern.exec(id)?.[1];
  if (spread === undefined) throw new TypeError(`not a lower-case uuid: ${JSON.stringify(id.slice(0, 100))}`);
  return `${objectsFolder}/${spread}/${id}`;
}

const momentMs = 10;
let moment = { until: 0, spread: '' };

/** A new uuid for an upload; its first key ends like those of others of this moment, and over time all ends are as frequent. */
export function uploadId(): string {
  const id = randomUUID();
  const now = performance.now();
  if (now >= moment.until) moment = { until: now + momentMs, spread: id.slice(-2) };
  return id.slice(0, -2) + moment.spread;
}

/** True for keys as {@link objectKey} makes them, and for nothing else. */
export function isObjectKey(text: string): boolean {
  const match = keyPattern.exec(text);
  return match !== null && match[1] === match[2];
}

/** Throws TypeError for what is not an object key: keys come from our own rows, so that another one is a bug or an attack, never an absence. */
export function assertObjectKey(text: string): void {
  if (!isObjectKey(text)) throw new TypeError(`not an object key: ${JSON.stringify(text.slice(0, 100))}`);
}
