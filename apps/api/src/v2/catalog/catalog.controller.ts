import { Controller, Get, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { RepositoryStore } from '#metadata';
import { Needs } from '../../edge/access.js';
import { nextLink, parsePage, type Query as QueryParameters } from '../../edge/query.js';

/** The repositories that hold something, in byte order (docker's `_catalog`). */
@Controller('v2/_catalog')
export class CatalogController {
  constructor(private readonly repositories: RepositoryStore) {}

  @Get()
  @Needs('list')
  async list(@Query() query: QueryParameters, @Res() reply: FastifyReply): Promise<void> {
    const { limit, last } = parsePage(query);
    const page = await this.repositories.page({ limit, last });
    const lastName = page.names.at(-1);
    if (page.more && lastName !== undefined) void reply.header('link', nextLink('/v2/_catalog', { n: limit, last: lastName }));
    void reply.header('content-type', 'application/json').send(`{"repositories":${page.toText()}}`);
  }
}
