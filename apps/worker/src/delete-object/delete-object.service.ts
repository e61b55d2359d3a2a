import { Injectable } from '@nestjs/common';
import { ObjectsKeptError, StorageDriver, StorageError } from '#cas';
import type { DrainResult, OutboxRow } from '#metadata';
import { forEachRow, messageOf, type OutboxWork } from '../outbox/outbox-work.js';

/** Removes objects that no row points at any more, many with one call. */
@Injectable()
export class DeleteObjectService implements OutboxWork<'delete-object'> {
  readonly kind = 'delete-object';
  readonly batch: number;
  readonly lanes = 1;
  readonly rests: number;

  constructor(private readonly driver: StorageDriver) {
    this.batch = driver.deletionPace.batch;
    this.rests = driver.deletionPace.rests;
  }

  async run(rows: readonly OutboxRow<'delete-object'>[]): Promise<DrainResult> {
    try {
      await this.driver.delete(rows.map(({ key }) => key));
      return { done: rows.map(({ id }) => id), failed: [] };
    } catch (error) {
      if (error instanceof ObjectsKeptError) return allBut(error.codes, rows);
      if (error instanceof StorageError) return { done: [], failed: rows.map(({ id }) => ({ id, error: messageOf(error) })) };
      // One key that isn't the driver's own must not hold up all the others.
      return forEachRow(rows, 16, ({ key }) => this.driver.delete([key]));
    }
  }
}

function allBut(codes: ReadonlyMap<string, string>, rows: readonly OutboxRow<'delete-object'>[]): DrainResult {
  const kept = rows.filter(({ key }) => codes.has(key));
  return {
    done: rows.filter(({ key }) => !codes.has(key)).map(({ id }) => id),
    failed: kept.map(({ id, key }) => ({ id, error: `cannot delete: ${codes.get(key)}` })),
  };
}
