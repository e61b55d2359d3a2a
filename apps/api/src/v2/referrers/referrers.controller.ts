import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { ManifestStore } from '#metadata';
import { mediaTypes, parseDigest, type Digest, type RepositoryName } from '#oci';
import { Name, Needs } from '../../edge/access.js';
import { firstOf, nextLink, type Query as QueryParameters } from '../../edge/query.js';
import { DigestPipe } from '../digest.pipe.js';

/** As many descriptors as one page lists; the store also keeps a page below 4 MiB. */
const pageLimit = 1_000;

/** What has a manifest as its `subject` (distribution-spec, "Listing Referrers"). */
@Controller('v2/:name/referrers')
export class ReferrersController {
  constructor(private readonly manifests: ManifestStore) {}

  @Get(':digest')
  @Needs('pull')
  async list(
    @Name() name: RepositoryName,
    @Param('digest', DigestPipe) digest: Digest,
    @Query() query: QueryParameters,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const artifactType = firstOf(query, 'artifactType') || undefined;
    const last = firstOf(query, 'last');
    const page = await this.manifests.referrers(name, digest, {
      artifactType,
      after: last ? parseDigest(last) : undefined,
      limit: pageLimit,
    });
    if (artifactType !== undefined) void reply.header('oci-filters-applied', 'artifactType');
    if (page.next) {
      const parameters = { ...(artifactType === undefined ? {} : { artifactType }), last: page.next };
      void reply.header('link', nextLink(`/v2/${name}/referrers/${digest}`, parameters));
    }
    // The descriptors are finished JSON, written when their manifests were pushed.
    const body = `{"schemaVersion":2,"mediaType":"${mediaTypes.ociIndex}","manifests":[${page.descriptors.join(',')}]}`;
    // As bytes: to text fastify adds a charset, and oras takes an index with a parameter in its type for no index.
    void reply.header('content-type', mediaTypes.ociIndex).send(Buffer.from(body));
  }
}
