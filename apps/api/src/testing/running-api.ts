import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createLogger, loadSettings } from '#platform';
import { createApi } from '../create-api.js';
import { openFoundations } from '../foundations.js';

/** The api as it is shipped, over HTTP, in this process: only the settings differ. */
export class RunningApi {
  private constructor(
    readonly url: string,
    private readonly app: NestFastifyApplication,
    private readonly end: () => Promise<void>,
  ) {}

  /** On loopback, with a data folder of its own. */
  static async start(environment: Readonly<Record<string, string>> & { readonly DATABASE_URL: string }): Promise<RunningApi> {
    const folder = await mkdtemp(join(tmpdir(), 'entrepot-api-'));
    const settings = loadSettings({ MIN_FREE_MIB: '0', DATA_DIR: folder, ...environment });
    const logger = createLogger({ process: 'api', level: 'error' });
    const foundations = openFoundations(settings, environment.DATABASE_URL, logger);
    const app = await createApi(foundations, settings.http, logger);
    await app.init();
    const fastify = app.getHttpAdapter().getInstance();
    await fastify.listen({ host: '127.0.0.1', port: 0 });
    const { port } = fastify.server.address() as AddressInfo;
    return new RunningApi(`http://127.0.0.1:${port}`, app, async () => {
      await foundations.close();
      await rm(folder, { recursive: true });
    });
  }

  /** One request; throws on any status but the expected one. `location`: where the answer points. */
  async send(method: string, target: string, expected: number, { body, type }: { body?: Uint8Array; type?: string } = {}) {
    const headers = type === undefined ? undefined : { 'content-type': type };
    const response = await fetch(new URL(target, this.url), { method, headers, body: body as RequestInit['body'] });
    const bytes = Buffer.from(await response.arrayBuffer());
    if (response.status !== expected) throw new Error(`${method} ${target}: ${response.status} ${bytes.toString().slice(0, 300)}`);
    return { location: response.headers.get('location') ?? '', bytes };
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.end();
  }
}
