import { Injectable } from '@nestjs/common';
import { StorageDriver } from '#cas';
import type { DrainResult, OutboxRow } from '#metadata';
import { forEachRow, type OutboxWork } from '../outbox/outbox-work.js';

/** Gives back what uploads stored that became no blob. */
@Injectable()
export class AbortUploadService implements OutboxWork<'abort-upload'> {
  readonly kind = 'abort-upload';
  readonly batch = 200;
  readonly lanes = 1;

  constructor(private readonly driver: StorageDriver) {}

  run(rows: readonly OutboxRow<'abort-upload'>[]): Promise<DrainResult> {
    return forEachRow(rows, 16, ({ payload }) => this.driver.abort(payload));
  }
}
