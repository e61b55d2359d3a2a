import { randomUUID } from 'node:crypto';
import type { BufferBudget } from '../buffers/buffer-budget.js';
import { joined } from '../buffers/joined.js';
import type { ByteRange, StorageDriver, StoredObject, UploadState } from '../storage-driver.js';
import { inChunks } from './controlled-source.js';

/** One storage, empty at first, and any number of drivers over it. */
export interface DriverHarness {
  /** A driver as another process would open it over the same storage. */
  open(buffers: BufferBudget): StorageDriver;
  /** Removes the storage. */
  close(): Promise<void>;
}

/** What the contract suite needs to know of a driver. `tightBudgetBytes`: the least its uploads can do with, for a few of them at once. */
export interface DriverUnderTest {
  readonly name: string;
  readonly tightBudgetBytes: number;
  setUp(): Promise<DriverHarness>;
}

/** Opens one more driver over the storage of the running test. */
export type OpenDriver = (buffers?: BufferBudget) => StorageDriver;

/** A new upload, not begun in storage. */
export function beginUpload(driver: StorageDriver): UploadState {
  return driver.begin(randomUUID());
}

/** What another replica gets of a state. */
export function throughJson(state: UploadState): UploadState {
  return JSON.parse(JSON.stringify(state)) as UploadState;
}

/** Stores the bytes as one object. */
export async function store(driver: StorageDriver, bytes: Uint8Array): Promise<StoredObject> {
  return driver.commit(await driver.append(beginUpload(driver), inChunks(bytes)));
}

/** Everything a key or a range of it holds; throws where it does not exist. */
export async function readAll(driver: StorageDriver, key: string, range?: ByteRange): Promise<Buffer> {
  const reader = await driver.read(key, range);
  if (!reader) throw new Error(`${key} does not exist`);
  return joined(reader);
}

/** All objects whose key starts with the prefix. */
export async function listAll(driver: StorageDriver, prefix: string): Promise<StoredObject[]> {
  const objects: StoredObject[] = [];
  for await (const object of driver.list(prefix)) objects.push(object);
  return objects;
}
