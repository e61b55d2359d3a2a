import { EmbeddedPostgres, type Logger, type Settings } from '#platform';
import { InstanceRecord } from './instance-record.js';
import { checkFolders, checkNode, checkPort, checkSystem } from './preflight.js';
import { SupervisedChild, type Program } from './supervised-child.js';

/** Where the parts of an instance find each other. */
export interface Whereabouts {
  readonly port: number;
  readonly databaseUrl: string;
}

/** What an instance consists of beside PostgreSQL; `worker` ends after everything else. */
export interface Parts {
  readonly migrate: (databaseUrl: string) => Promise<void>;
  readonly programs: (where: Whereabouts) => readonly Program[];
}

/** What the children get beyond their own limit before they are killed. */
const extraGraceMs = 2_000;

/** One instance: PostgreSQL unless one is given, migrations, api and worker processes, until it is told to end. */
export class Supervisor {
  private readonly record: InstanceRecord;
  private postgres: EmbeddedPostgres | undefined;
  private children: SupervisedChild[] = [];
  private settled = false;
  private exitCode = 0;
  private end: () => void = () => undefined;
  private readonly untilEnd = new Promise<void>((resolve) => (this.end = resolve));

  constructor(
    private readonly settings: Settings,
    private readonly parts: Parts,
    private readonly logger: Logger,
  ) {
    this.record = new InstanceRecord(settings.dataDir, logger);
  }

  /** Runs to the very end and answers the exit code; throws StartError, with everything taken down again, when it cannot start. */
  async run(ready: (where: Whereabouts) => void): Promise<number> {
    try {
      await this.bringUp(ready);
      await this.untilEnd;
    } finally {
      await this.takeDown();
    }
    return this.exitCode;
  }

  /** Drains and ends everything, in order. */
  stop(reason: string, exitCode = 0): void {
    this.logger[exitCode === 0 ? 'info' : 'error']({ reason }, 'ending');
    this.exitCode ||= exitCode;
    this.end();
  }

  /** Somebody does not want to wait any longer: requests are cut, PostgreSQL still writes what it has. */
  hasten(): void {
    this.logger.warn('ending at once');
    // Nothing of ours serves yet, and what PostgreSQL is busy with may take minutes: the next start takes it on.
    if (!this.settled) process.exit(1);
    for (const child of this.children) child.kill();
  }

  private async bringUp(ready: (where: Whereabouts) => void): Promise<void> {
    checkNode();
    checkSystem(this.settings);
    checkFolders(this.settings);
    await this.record.settlePrevious();
    const port = await checkPort(this.settings);
    const where = { port, databaseUrl: this.settings.database.url ?? (await this.startPostgres()) };
    this.settled = true;
    this.record.write([]);
    await this.parts.migrate(where.databaseUrl);
    this.children = this.parts.programs(where).map((program) => this.childOf(program));
    for (const child of this.children) child.start();
    const everybody = Promise.all(this.children.map((child) => child.ready)).then(() => true);
    if (await Promise.race([everybody, this.untilEnd])) ready(where);
  }

  private async takeDown(): Promise<void> {
    const graceMs = this.settings.processes.shutdownGraceSeconds * 1_000 + extraGraceMs;
    const apis = this.children.filter((child) => child.name !== 'worker');
    await Promise.all(apis.map((child) => child.stop(graceMs)));
    await Promise.all(this.children.filter((child) => !apis.includes(child)).map((child) => child.stop(graceMs)));
    // Gone before the lock is: from then on the folder may be somebody else's.
    if (this.settled) this.record.remove();
    await this.postgres?.stop();
    if (this.settled) this.logger.info('ended');
  }

  private childOf(program: Program): SupervisedChild {
    const events = {
      changed: () => this.note(),
      unusable: (name: string) => this.stop(`${name} cannot start with these settings`, 78),
    };
    return new SupervisedChild(program, events, this.logger);
  }

  private note(): void {
    try {
      this.record.write(this.children);
    } catch (error) {
      // A full disk: the next start has the lock and the ends of the channels to go by.
      this.logger.warn({ err: error }, 'cannot note who runs');
    }
  }

  private async startPostgres(): Promise<string> {
    const { dataDir, database, processes } = this.settings;
    this.postgres = await EmbeddedPostgres.start({
      dataDir,
      // Two pools a process, its queues, and room for people with psql.
      maxConnections: Math.max(100, 30 + (processes.api + 1) * (2 * database.poolSize + 20)),
      logger: this.logger,
      onLost: (error) => this.stop(error.message, 1),
    });
    return this.postgres.url;
  }
}
