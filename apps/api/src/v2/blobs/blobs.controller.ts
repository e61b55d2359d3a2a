import { Controller, Delete, Get, Head, Headers, HttpCode, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Digest, RepositoryName } from '#oci';
import { Name, Needs } from '../../edge/access.js';
import { matchesEtag } from '../../edge/etag.js';
import { sendBytes } from '../../edge/send-bytes.js';
import { DigestPipe } from '../digest.pipe.js';
import { BlobsService, type ReadableBlob } from './blobs.service.js';
import { parseRange } from './byte-range.js';
import { DownloadAddresses } from './download-addresses.js';

/** Blobs of a repository (distribution-spec, "Pulling blobs", "Deleting Blobs"). */
@Controller('v2/:name/blobs')
export class BlobsController {
  constructor(
    private readonly blobs: BlobsService,
    private readonly addresses: DownloadAddresses,
  ) {}

  @Head(':digest')
  @Needs('pull')
  async head(
    @Name() name: RepositoryName,
    @Param('digest', DigestPipe) digest: Digest,
    @Headers('if-none-match') known: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const blob = await this.blobs.get(name, digest);
    if (matchesEtag(known, digest)) sendNotModified(reply, digest);
    else void reply.headers(headersOf(digest, blob.size)).status(200).send();
  }

  @Get(':digest')
  @Needs('pull')
  async get(
    @Name() name: RepositoryName,
    @Param('digest', DigestPipe) digest: Digest,
    @Headers() asked: Record<string, string | undefined>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const blob = await this.blobs.get(name, digest);
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
  async delete(@Name() name: RepositoryName, @Param('digest', DigestPipe) digest: Digest): Promise<void> {
    await this.blobs.delete(name, digest);
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
