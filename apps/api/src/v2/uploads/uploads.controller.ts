import {
  Controller,
  createParamDecorator,
  Delete,
  Get,
  HttpCode,
  Patch,
  Post,
  Put,
  Query,
  Req,
  Res,
  type ExecutionContext,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { UploadLostError } from '#cas';
import { parseDigest, parseDigestAlgorithm, parseRepositoryName, RegistryError, type Digest, type RepositoryName } from '#oci';
import { AccessPolicy, Name, nameOf, Needs } from '../../edge/access.js';
import { EdgeLimits } from '../../edge/limits.js';
import { firstOf, type Query as QueryParameters } from '../../edge/query.js';
import { RequestBody } from '../../edge/request-body.js';
import { DigestPipe } from '../digest.pipe.js';
import { parseContentRange } from './content-range.js';
import type { Chunk, Target } from './upload-receiver.js';
import { UploadFinisher } from './upload-finisher.js';
import { UploadsService } from './uploads.service.js';

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** The session a path names; what can't be one of our ids is `uploadUnknown` without asking anybody. */
const UploadTarget = createParamDecorator((_data: unknown, context: ExecutionContext): Target => {
  const request = context.switchToHttp().getRequest<FastifyRequest<{ Params: { id: string } }>>();
  const { id } = request.params;
  if (!uuid.test(id)) throw new RegistryError('uploadUnknown', { session: id.slice(0, 100) });
  return { name: nameOf(request), id };
});

/** Pushing blobs (distribution-spec, "Pushing Blobs", "Mounting a blob from another repository"). */
@Controller('v2/:name/blobs/uploads')
export class UploadsController {
  constructor(
    private readonly uploads: UploadsService,
    private readonly finisher: UploadFinisher,
    private readonly policy: AccessPolicy,
    private readonly limits: EdgeLimits,
  ) {}

  @Post()
  @Needs('push')
  async begin(
    @Name() name: RepositoryName,
    @Query() query: QueryParameters,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const mounted = await this.mount(name, query, request);
    if (mounted) return sendCreated(reply, name, mounted);
    const digest = mapFirst(query, 'digest', parseDigest);
    const algorithm = mapFirst(query, 'digest-algorithm', parseDigestAlgorithm);
    if (digest === undefined) return sendProgress(reply.status(202), { name, id: await this.uploads.begin(name, algorithm) }, 0);
    await this.finisher.finishAtOnce(name, digest, this.chunkOf(request, reply)).catch(tellLoss);
    sendCreated(reply, name, digest);
  }

  @Get(':id')
  @Needs('push')
  async progress(@UploadTarget() target: Target, @Res() reply: FastifyReply): Promise<void> {
    const session = await this.uploads.get(target);
    sendProgress(reply.status(204), target, session.offset);
  }

  @Patch(':id')
  @Needs('push')
  async append(@UploadTarget() target: Target, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const offset = await this.uploads.append(target, this.chunkOf(request, reply));
    sendProgress(reply.status(202), target, offset);
  }

  @Put(':id')
  @Needs('push')
  async finish(
    @UploadTarget() target: Target,
    @Query('digest', DigestPipe) digest: Digest,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.finisher.finish(target, digest, this.chunkOf(request, reply));
    sendCreated(reply, target.name, digest);
  }

  @Delete(':id')
  @Needs('push')
  @HttpCode(204)
  async cancel(@UploadTarget() target: Target): Promise<void> {
    await this.uploads.cancel(target);
  }

  /** The digest that was mounted; undefined where none was asked for or it can't be had, and the client is to send the bytes. */
  private async mount(to: RepositoryName, query: QueryParameters, request: FastifyRequest): Promise<Digest | undefined> {
    const digest = mapFirst(query, 'mount', parseDigest);
    if (digest === undefined) return undefined;
    const from = mapFirst(query, 'from', parseRepositoryName);
    if (from !== undefined && !(await this.policy.allows(request, 'pull', from))) return undefined;
    return (await this.uploads.mount(to, digest, from)) ? digest : undefined;
  }

  private chunkOf(request: FastifyRequest, reply: FastifyReply): Chunk {
    const body = new RequestBody(request.raw, reply.raw, this.limits.idleMilliseconds);
    return { body, range: parseContentRange(request.headers['content-range'], body.empty ? 0 : body.announced) };
  }
}

/** Nobody else knows the session of a push in one request: if it is gone, or what it stored, a crash took that, and all the client can do is send again. */
function tellLoss(error: unknown): never {
  const gone = error instanceof RegistryError && (error.kind === 'uploadUnknown' || error.kind === 'uploadSuperseded');
  if (gone) throw new RegistryError('unavailable', error.detail, { cause: error });
  throw error instanceof UploadLostError ? new RegistryError('unavailable', undefined, { cause: error }) : error;
}

function mapFirst<T>(query: QueryParameters, name: string, parse: (text: string) => T): T | undefined {
  const value = firstOf(query, name);
  return value === undefined || value === '' ? undefined : parse(value);
}

/** docker computes layer sizes from `Range`, so it must name the last byte exactly; an empty session says `0-0`. */
function sendProgress(reply: FastifyReply, { name, id }: Target, offset: number): void {
  void reply
    .headers({
      location: `/v2/${name}/blobs/uploads/${id}`,
      range: `0-${Math.max(offset - 1, 0)}`,
      'docker-upload-uuid': id,
      ...(reply.statusCode === 202 ? { 'content-length': 0 } : {}),
    })
    .send();
}

function sendCreated(reply: FastifyReply, name: RepositoryName, digest: Digest): void {
  void reply
    .headers({ location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest, 'content-length': 0 })
    .status(201)
    .send();
}
