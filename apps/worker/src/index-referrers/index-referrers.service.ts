import { Injectable } from '@nestjs/common';
import { LegacyReferrerStore, type DrainResult, type OutboxRow } from '#metadata';
import { findCosignTag } from '#oci';
import { forEachRow, type OutboxWork } from '../outbox/outbox-work.js';

/** Ties cosign's old tags to the manifests they name. A tie hangs on its tag: where the tag is gone there is none to make, and none is left. */
@Injectable()
export class IndexReferrersService implements OutboxWork<'index-referrers'> {
  readonly kind = 'index-referrers';
  readonly batch = 500;
  readonly lanes = 1;

  constructor(private readonly referrers: LegacyReferrerStore) {}

  run(rows: readonly OutboxRow<'index-referrers'>[]): Promise<DrainResult> {
    return forEachRow(rows, 4, async ({ payload: { repository, tag } }) => {
      const found = findCosignTag(tag);
      if (found) await this.referrers.tie(repository, found);
    });
  }
}
