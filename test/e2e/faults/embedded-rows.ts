import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';

/** A look at the rows of a running installation, past the product. */
export class EmbeddedRows {
  readonly url: string;
  private readonly pool: pg.Pool;

  constructor(dataDir: string) {
    const postmaster = readFileSync(join(dataDir, 'postgres/postmaster.pid'), 'utf8').split('\n');
    const password = readFileSync(join(dataDir, 'postgres.password'), 'utf8').trim();
    this.url = `postgres://entrepot:${encodeURIComponent(password)}@127.0.0.1:${postmaster[3]}/entrepot`;
    this.pool = new pg.Pool({ connectionString: this.url, max: 2 });
    this.pool.on('error', () => undefined);
  }

  async all<Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.pool.query<Row>(text, values)).rows;
  }

  async count(table: string): Promise<number> {
    return Number((await this.all<{ count: string }>(`select count(*) from ${table}`))[0]!.count);
  }

  close(): Promise<void> {
    return this.pool.end();
  }
}
