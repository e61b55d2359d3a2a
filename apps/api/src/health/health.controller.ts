import { setTimeout } from 'node:timers/promises';
import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Database } from '#metadata';

/** Whether this process takes requests at all; false while it drains. */
export class Readiness {
  draining = false;
}

/** A balancer that hears nothing for longer goes on sending requests here. */
const patienceMilliseconds = 2_000;

/** What load balancers and supervisors ask. Live: the process answers. Ready: it can serve, which needs Postgres. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly database: Database,
    private readonly readiness: Readiness,
  ) {}

  @Get('live')
  live(): { status: string } {
    return { status: 'live' };
  }

  @Get('ready')
  async ready(@Res() reply: FastifyReply): Promise<void> {
    const pinged = this.database.ping().then(
      () => 'up',
      () => 'down',
    );
    const database = await Promise.race([pinged, setTimeout(patienceMilliseconds, 'silent', { ref: false })]);
    const ready = database === 'up' && !this.readiness.draining;
    void reply.status(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', database, draining: this.readiness.draining });
  }
}
