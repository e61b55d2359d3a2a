import { Controller, Get, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { TagStore } from '#metadata';
import { RegistryError, type RepositoryName } from '#oci';
import { Name, Needs } from '../../edge/access.js';
import { nextLink, parsePage, type Query as QueryParameters } from '../../edge/query.js';

/** The tags of a repository in byte order (distribution-spec, "Listing Tags"). */
@Controller('v2/:name/tags')
export class TagsController {
  constructor(private readonly tags: TagStore) {}

  @Get('list')
  @Needs('pull')
  async list(@Name() name: RepositoryName, @Query() query: QueryParameters, @Res() reply: FastifyReply): Promise<void> {
    const { limit, last } = parsePage(query);
    const page = await this.tags.page(name, { limit, last });
    if (!page) throw new RegistryError('nameUnknown', { name });
    const lastName = page.names.at(-1);
    if (page.more && lastName !== undefined) void reply.header('link', nextLink(`/v2/${name}/tags/list`, { n: limit, last: lastName }));
    void reply.header('content-type', 'application/json').send(`{"name":"${name}","tags":${page.toText()}}`);
  }
}
