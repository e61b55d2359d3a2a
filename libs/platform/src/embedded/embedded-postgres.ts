import { randomBytes } from 'node:crypto';
import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import type { Logger } from 'pino';
import { binariesFor } from './binaries.js';
import { clusterHomeOf, locationNote, sharedFolder } from './cluster-home.js';
import { createCluster } from './create-cluster.js';
import { removeUnfinished, writeOnce } from './durable-file.js';
import { DataFolderInUseError } from './embedded-postgres-error.js';
import { freePort } from './free-port.js';
import { findRunningServer, type RunningServer } from './postmaster-file.js';
import { startServer, stopServer, type ServerPlan } from './postmaster.js';
import { databaseUrl, ensureDatabase, holdDataFolder, openSession } from './session.js';

/** What an embedded PostgreSQL needs to know. */
export interface EmbeddedPostgresOptions {
  readonly dataDir: string;
  readonly maxConnections: number;
  readonly logger: Logger;
  /** Another instance took the data folder while PostgreSQL was down: it is no longer ours. */
  readonly onLost?: (error: Error) => void;
}

const shutdownLimitMs = 60_000;

/**
 * A PostgreSQL of our own on 127.0.0.1, its data in DATA_DIR, held by one instance at a time. A server left over by a killed instance is
 * taken on; one that dies is started again on the same port.
 */
export class EmbeddedPostgres {
  private server: RunningServer | undefined;
  private session: Client | undefined;
  private stopping = false;
  private recovery: Promise<void> = Promise.resolve();

  private constructor(
    private readonly options: EmbeddedPostgresOptions,
    private readonly plan: ServerPlan,
    private readonly password: string,
  ) {}

  /** Throws EmbeddedPostgresError with one line for people, DataFolderInUseError when another instance holds the folder. */
  static async start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
    mkdirSync(options.dataDir, { recursive: true });
    const dataDir = realpathSync(options.dataDir);
    const home = clusterHomeOf(dataDir, options.logger);
    const binaries = binariesFor(home.account, sharedFolder);
    const passwordFile = join(dataDir, 'postgres.password');
    const password = writeOnce(passwordFile, randomBytes(24).toString('hex'), 0o600);
    await createCluster(home, binaries, password);
    const plan = { home, binaries, maxConnections: options.maxConnections, logFile: join(dataDir, 'postgres.log') };
    const postgres = new EmbeddedPostgres(options, plan, password);
    await postgres.bringUp(5);
    removeUnfinished([home.cluster, passwordFile, locationNote(dataDir)]);
    return postgres;
  }

  /** Of the registry's database, with the password; the same for as long as this instance lives. */
  get url(): string {
    return databaseUrl(this.running.port, this.password);
  }

  /** The server process of the moment. */
  get pid(): number {
    return this.running.pid;
  }

  /** Shuts the server down and gives the data folder back. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.recovery;
    await stopServer(this.running, shutdownLimitMs);
    await this.session?.end().catch(() => undefined);
  }

  private get running(): RunningServer {
    if (this.server === undefined) throw new Error('PostgreSQL has not been started');
    return this.server;
  }

  private async bringUp(attempts: number): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.takeOnOrStart();
      } catch (error) {
        if (error instanceof DataFolderInUseError || attempt >= attempts || this.stopping) throw error;
        this.options.logger.warn({ attempt, reason: (error as Error).message }, 'PostgreSQL is not up yet');
        await delay(Math.min(100 * 2 ** attempt, 5_000));
      }
    }
  }

  private async takeOnOrStart(): Promise<void> {
    const { logger, dataDir } = this.options;
    const leftOver = findRunningServer(this.plan.home.cluster);
    if (leftOver !== undefined) logger.info({ serverPid: leftOver.pid }, 'PostgreSQL is running already');
    const server = leftOver ?? (await startServer(this.plan, this.server?.port ?? (await freePort())));
    const session = await openSession(server, this.plan, this.password);
    try {
      await holdDataFolder(session, dataDir);
      await ensureDatabase(session);
    } catch (error) {
      await session.end();
      throw error;
    }
    if (this.server !== undefined && this.server.port !== server.port) {
      // Somebody else's start: our processes know the database by the port that this instance began with.
      await session.end();
      await stopServer(server, shutdownLimitMs);
      throw new Error(`PostgreSQL was on port ${server.port}, not ${this.server.port}`);
    }
    this.server = server;
    this.session = session;
    session.once('end', () => this.recover());
    logger.info({ serverPid: server.pid, port: server.port, cluster: this.plan.home.cluster }, 'PostgreSQL is up');
  }

  private recover(): void {
    if (this.stopping) return;
    this.options.logger.warn('PostgreSQL ended the session; bringing it up again');
    this.recovery = this.bringUp(Number.POSITIVE_INFINITY).catch((error: unknown) => {
      if (!this.stopping) this.options.onLost?.(error as Error);
    });
  }
}
