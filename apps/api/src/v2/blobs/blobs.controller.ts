import { Controller, Delete, Get, Head, HttpCode, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { parseDigest, type Digest } from '#oci';
import { nameOf, Needs } from '../../edge/access.js';
import { matchesEtag } from '../../edge/etag.js';
import { sendBytes } from '../../edge/send-bytes.js';
import { BlobsService, type ReadableBlob } from './blobs.service.js';
import { parseRange } from './byte-range.js';
import { DownloadAddresses } from './download-addresses.js';

// Read by hand, as for manifests: a parameter that is piped costs time.
type NamedRequest = FastifyRequest<{ Params: { digest: string } }>;

/** Blobs of a repository (distribution-spec, "Pulling blobs", "Deleting Blobs"). */
@Controller('v2/:name/blobs')
export class BlobsController {
  constructor(
    private readonly blobs: BlobsService,
    private readonly addresses: DownloadAddresses,
  ) {}

  @Head(':digest')
  @Needs('pull')
  async head(@Req() request: NamedRequest, @Res() reply: FastifyReply): Promise<void> {
    const digest = parseDigest(request.params.digest);
    const blob = await this.blobs.get(nameOf(request), digest);
    if (matchesEtag(request.headers['if-none-match'], digest)) sendNotModified(reply, digest);
    else void reply.headers(headersOf(digest, blob.size)).status(200).send();
  }

  @Get(':digest')
  @Needs('pull')
  async get(@Req() request: NamedRequest, @Res() reply: FastifyReply): Promise<void> {
    const digest = parseDigest(request.params.digest);
    const blob = await this.blobs.get(nameOf(request), digest);
    const asked = request.headers as Readonly<Record<string, string | undefined>>;
    if (matchesEtag(asked['if-none-match'], digest)) return sendNotModified(reply, digest);
    const address = await this.addresses.of(blob);
    if (address) return sendElsewhere(reply, digest, address);
    // If-Range: a range counts only while the client's part is of the same content, which a digest says for good.
    const rangeHeader = asked['if-range'] === undefined || matchesEtag(asked['if-range'], digest) ? asked['range'] : undefined;
    await this.send(reply, { digest, blob, rangeHeader });
  }

  @Delete(':digest')
  @Needs('delete')
  @HttpCode(202)
  async delete(@Req() request: NamedRequest): Promise<void> {
    await this.blobs.delete(nameOf(request), parseDigest(request.params.digest));
  }

  private async send(reply: FastifyReply, what: { digest: Digest; blob: ReadableBlob; rangeHeader: string | undefined }): Promise<void> {
    const { digest, blob, rangeHeader } = what;
    const range = parseRange(rangeHeader, blob.size);
    const reader = await this.blobs.read(blob, range);
    const length = range ? range.end - range.start + 1 : blob.size;
    const headers: Record<string, string | number> = headersOf(digest, length);
    if (range) headers['content-range'] = `bytes ${range.start}-${range.end}/${blob.size}`;
    reply.hijack();
    reply.raw.writeHead(range ? 206 : 200, headers);
    await sendBytes(reply.raw, reader, length);
  }
}

function sendNotModified(reply: FastifyReply, digest: Digest): void {
  void reply
    .headers({ etag: `"${digest}"`, 'docker-content-digest': digest })
    .status(304)
    .send();
}

/** The address is good for minutes, and holds whoever has it for entitled: nobody may keep it. */
function sendElsewhere(reply: FastifyReply, digest: Digest, address: URL): void {
  void reply.headers({ location: address.href, 'docker-content-digest': digest, 'cache-control': 'no-store' }).status(307).send();
}

/** Blobs never go out under the media type of their descriptor: on our origin that could be a script. */
function headersOf(digest: Digest, length: number): Record<string, string | number> {
  return {
    'content-type': 'application/octet-stream',
    'content-length': length,
    'docker-content-digest': digest,
    etag: `"${digest}"`,
    'accept-ranges': 'bytes',
    'cache-control': 'max-age=31536000, immutable',
  };
}
