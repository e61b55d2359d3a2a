import { Controller, Delete, Get, Head, HttpCode, Put, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ManifestSummary } from '#metadata';
import { parseTag } from '#oci';
import { nameOf, Needs } from '../../edge/access.js';
import { matchesEtag } from '../../edge/etag.js';
import { EdgeLimits } from '../../edge/limits.js';
import { allOf, type Query as QueryParameters } from '../../edge/query.js';
import { RequestBody } from '../../edge/request-body.js';
import { PullTimes } from '../../pulls/pull-times.js';
import { ManifestsService } from './manifests.service.js';
import { PayloadReader } from './payload-reader.js';
import { newReference, storedReference } from './reference-in-path.js';

// Nest makes promises for each parameter that is piped, which would cost a pull a tenth of its time: these are read by hand.
type NamedRequest = FastifyRequest<{ Params: { reference: string } }>;

/** Manifests by tag or digest (distribution-spec, "Pulling manifests", "Pushing Manifests", "Deleting Manifests"). */
@Controller('v2/:name/manifests')
export class ManifestsController {
  constructor(
    private readonly manifests: ManifestsService,
    private readonly payloads: PayloadReader,
    private readonly limits: EdgeLimits,
    private readonly pulls: PullTimes,
  ) {}

  @Head(':reference')
  @Needs('pull')
  async head(@Req() request: NamedRequest, @Res() reply: FastifyReply): Promise<void> {
    const name = nameOf(request);
    const reference = storedReference(request.params.reference);
    // containerd asks what a tag means before it gets that digest, or finds that it has it; who asks for a digest may be about to push it.
    const manifest = await this.manifests.summarise(name, reference);
    if ('tag' in reference) this.pulls.note(name, manifest.digest, reference.tag);
    void reply.headers(headersOf(manifest));
    if (matchesEtag(request.headers['if-none-match'], manifest.digest)) void reply.status(304).send();
    else void reply.header('content-length', manifest.size).status(200).send();
  }

  /** The stored bytes under their stored media type, whatever `Accept` says: old scripts send none that fits. */
  @Get(':reference')
  @Needs('pull')
  async get(@Req() request: NamedRequest, @Res() reply: FastifyReply): Promise<void> {
    const name = nameOf(request);
    const reference = storedReference(request.params.reference);
    const manifest = await this.manifests.get(name, reference);
    this.pulls.note(name, manifest.digest, 'tag' in reference ? reference.tag : undefined);
    void reply.headers(headersOf(manifest));
    if (matchesEtag(request.headers['if-none-match'], manifest.digest)) void reply.status(304).send();
    else void reply.status(200).send(manifest.payload);
  }

  @Put(':reference')
  @Needs('push')
  async put(@Req() request: NamedRequest, @Res() reply: FastifyReply): Promise<void> {
    const name = nameOf(request);
    const reference = newReference(request.params.reference);
    const extraTags = 'digest' in reference ? allOf(request.query as QueryParameters, 'tag').map(parseTag) : [];
    const addressed = 'digest' in reference ? { expected: reference.digest, tags: extraTags } : { tags: [reference.tag] };
    const contentType = request.raw.headers['content-type'];
    const body = new RequestBody(request.raw, reply.raw, this.limits.idleMilliseconds);
    const put = (payload: Buffer) => this.manifests.put(name, { payload, contentType, ...addressed });
    const { digest, subject } = await this.payloads.read(body, put);
    void reply.headers({ location: `/v2/${name}/manifests/${digest}`, 'docker-content-digest': digest, 'content-length': 0 });
    if (subject) void reply.header('oci-subject', subject);
    if (extraTags.length > 0) void reply.header('oci-tag', extraTags);
    void reply.status(201).send();
  }

  @Delete(':reference')
  @Needs('delete')
  @HttpCode(202)
  async delete(@Req() request: NamedRequest): Promise<void> {
    await this.manifests.delete(nameOf(request), storedReference(request.params.reference));
  }
}

function headersOf({ digest, mediaType }: ManifestSummary): Record<string, string> {
  return { 'content-type': mediaType, 'docker-content-digest': digest, etag: `"${digest}"` };
}
