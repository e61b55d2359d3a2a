import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataFolderInUseError, identityOf, signal, waitUntilGone, type Logger } from '#platform';

interface ProcessMark {
  readonly name: string;
  readonly pid: number;
  /** Tells it from a later process with the same pid. */
  readonly identity: string;
}

const patienceMs = 5_000;

/**
 * `<DATA_DIR>/supervisor.json`: who runs on this folder. What a killed supervisor leaves in it is only believed of processes that are
 * still the same; the lock within PostgreSQL is what really keeps two instances apart.
 */
export class InstanceRecord {
  private readonly file: string;

  constructor(
    private readonly dataDir: string,
    private readonly logger: Logger,
  ) {
    this.file = join(dataDir, 'supervisor.json');
  }

  /** Throws DataFolderInUseError where the supervisor lives; where it is gone, ends the children that are still finishing. */
  async settlePrevious(): Promise<void> {
    const [supervisor, ...children] = this.read();
    if (supervisor === undefined) return;
    if (isAlive(supervisor))
      throw new DataFolderInUseError(`DATA_DIR ${this.dataDir} is in use by another instance (pid ${supervisor.pid})`);
    await Promise.all(children.filter(isAlive).map((child) => this.end(child)));
  }

  /** Notes ourselves and the children of the moment. */
  write(children: readonly { name: string; pid: number | undefined }[]): void {
    const marks = [{ name: 'supervisor', pid: process.pid }, ...children].flatMap(({ name, pid }) => {
      const identity = pid === undefined ? undefined : identityOf(pid);
      return identity === undefined ? [] : [{ name, pid, identity }];
    });
    writeFileSync(`${this.file}.new`, JSON.stringify(marks));
    renameSync(`${this.file}.new`, this.file);
  }

  remove(): void {
    rmSync(this.file, { force: true });
  }

  private read(): ProcessMark[] {
    try {
      const content: unknown = JSON.parse(readFileSync(this.file, 'utf8'));
      return Array.isArray(content) && content.every(isProcessMark) ? content : [];
    } catch {
      return [];
    }
  }

  private async end({ name, pid }: ProcessMark): Promise<void> {
    this.logger.info({ child: name, childPid: pid }, 'waiting for a process of the previous run');
    signal(pid, 'SIGTERM');
    if (await waitUntilGone(pid, patienceMs)) return;
    signal(pid, 'SIGKILL');
    await waitUntilGone(pid, patienceMs);
  }
}

/** Also where another version, or somebody's editor, has written the file. */
function isProcessMark(value: unknown): value is ProcessMark {
  const mark = value as Partial<ProcessMark> | null;
  return typeof mark?.name === 'string' && Number.isInteger(mark.pid) && mark.pid! > 0 && typeof mark.identity === 'string';
}

function isAlive({ pid, identity }: ProcessMark): boolean {
  return identityOf(pid) === identity;
}
