import { Workspace } from '../fixture/workspace.js';
import { entrepot } from './command-line.js';
import { EmbeddedRows } from './embedded-rows.js';
import { Installation } from './installation.js';

type Settings = Readonly<Record<string, string>>;

/** A running installation, and what people have beside it: the command line, a folder for their clients, a look at the rows. */
export class Surroundings {
  private constructor(
    readonly installation: Installation,
    readonly rows: EmbeddedRows,
    readonly workspace: Workspace,
    /** Of the command line. */
    readonly env: Readonly<Record<string, string>>,
  ) {}

  static async start(settings: Settings): Promise<Surroundings> {
    const installation = await Installation.start(settings);
    // What clients in a workspace take for the registry's address.
    process.env['E2E_REGISTRY_URL'] = installation.client.url;
    const env = { ...settings, DATA_DIR: installation.dataDir };
    return new Surroundings(installation, new EmbeddedRows(installation.dataDir), new Workspace(), env);
  }

  get host(): string {
    return new URL(this.installation.client.url).host;
  }

  /** What a command that succeeds answers. */
  async answer<Answer>(...args: string[]): Promise<Answer> {
    const { code, out, err } = await entrepot(this.env, ...args, '--json');
    expect({ args, code, err: code === 0 ? '' : err }).toEqual({ args, code: 0, err: '' });
    return JSON.parse(out) as Answer;
  }

  /** The report of a run that is followed to its end. */
  async report<Report>(...args: string[]): Promise<Report> {
    return (await this.answer<{ readonly report: Report }>(...args)).report;
  }

  async remove(): Promise<void> {
    await this.workspace.remove();
    await this.rows.close();
    await this.installation.remove();
  }
}
