import type { FastifyReply } from 'fastify';
import { DatabaseUnavailableError, type Database } from '#metadata';
import { HealthController, Readiness } from './health.controller.js';

async function askReady(ping: () => Promise<void>, readiness = new Readiness()): Promise<{ status: number; body: unknown }> {
  const answer = { status: 0, body: undefined as unknown };
  const reply = {
    status(status: number) {
      answer.status = status;
      return this;
    },
    send: (body: unknown) => void (answer.body = body),
  };
  await new HealthController({ ping } as Database, readiness).ready(reply as unknown as FastifyReply);
  return answer;
}

describe('whether a process is ready', () => {
  it.each<[string, number, () => Promise<void>]>([
    ['up', 200, () => Promise.resolve()],
    ['down', 503, () => Promise.reject(new DatabaseUnavailableError())],
    ['silent', 503, () => new Promise<void>(() => undefined)],
  ])('PostgreSQL that is %s: %i, and soon', async (database, status, ping) => {
    const began = performance.now();
    expect(await askReady(ping)).toMatchObject({ status, body: { database } });
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it('is no while it drains', async () => {
    const readiness = new Readiness();
    readiness.draining = true;
    expect((await askReady(() => Promise.resolve(), readiness)).status).toBe(503);
  });
});
