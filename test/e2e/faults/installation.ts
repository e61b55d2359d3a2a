import { randomUUID } from 'node:crypto';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from '../../support/registry.js';
import { freePort, RunningRegistry } from '../../support/running-registry.js';

type Settings = Readonly<Record<string, string>>;

/** A data folder and a port that stay while the registry on them is stopped, killed and started again. */
export class Installation {
  private current: RunningRegistry | undefined;

  private constructor(
    readonly dataDir: string,
    private readonly settings: Settings,
    /** A client of whatever runs here now. */
    readonly client: Registry,
  ) {}

  /** Makes a new one, and starts it. */
  static async start(settings: Settings = {}): Promise<Installation> {
    const dataDir = join(tmpdir(), `faults-${randomUUID().slice(0, 8)}`);
    await mkdir(dataDir);
    // Reachable for the user `postgres`, whom the embedded PostgreSQL runs as under root.
    await chmod(dataDir, 0o755);
    const port = String(await freePort());
    const installation = new Installation(
      dataDir,
      { LOG_LEVEL: 'warn', PORT: port, ...settings },
      new Registry(`http://127.0.0.1:${port}`),
    );
    await installation.start();
    return installation;
  }

  get running(): RunningRegistry {
    if (!this.current) throw new Error('nothing runs here');
    return this.current;
  }

  async start(settings: Settings = {}): Promise<RunningRegistry> {
    this.current = await RunningRegistry.start({ dataDir: this.dataDir, env: { ...this.settings, ...settings } });
    return this.current;
  }

  async restart(settings: Settings = {}): Promise<RunningRegistry> {
    await this.running.stop();
    return this.start(settings);
  }

  async remove(): Promise<void> {
    await this.current?.stop();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}
