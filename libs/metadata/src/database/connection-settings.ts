import pg from 'pg';

/** How to reach Postgres, and how patient to be with it. */
export interface DatabaseSettings {
  readonly url: string;
  /** Connections for what must be durable; upload sessions have half as many of their own. Default 10. */
  readonly poolSize?: number;
  /**
   * `transaction`: a PgBouncer in transaction mode is in between, so that nothing may depend on a session: statements are not prepared,
   * nobody listens, and what connections are told when they start has to be set on the role (docs/deploy.md).
   */
  readonly pooler?: 'none' | 'transaction';
  readonly applicationName?: string;
  readonly statementTimeoutMs?: number;
  readonly lockTimeoutMs?: number;
  readonly connectTimeoutMs?: number;
  /** Told of connections that broke while nobody used them. */
  readonly onError?: (error: Error) => void;
}

/** `lazy` commits don't wait for the disk: for rows whose loss in a crash costs a client a retry, never content. */
export type Durability = 'flushed' | 'lazy';

const int8 = 20;

const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === int8 ? safeInteger : (pg.types.getTypeParser(oid, format) as unknown)) as typeof pg.types.getTypeParser,
};

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is too large an integer`);
  return value;
}

// Everything a connection is told when it starts stands here, and nothing is SET later, so that a pooler in transaction mode can be
// given the same list. Generic plans: custom ones cost more than they gain. Scans, bitmaps and hash joins off: each statement finds a
// handful of rows through an index, and a plan made while its tables are still empty, or small, lives on when they are not.
const planner = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  enable_bitmapscan: 'off',
  jit: 'off',
};

function startupOptions(settings: DatabaseSettings, durability: Durability): string {
  const parameters: Record<string, string | number> = {
    ...planner,
    statement_timeout: settings.statementTimeoutMs ?? 15_000,
    lock_timeout: settings.lockTimeoutMs ?? 5_000,
    idle_in_transaction_session_timeout: 15_000,
    ...(durability === 'lazy' && { synchronous_commit: 'off' }),
  };
  return Object.entries(parameters)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ');
}

/** What pg is to be told for one of the two pools. */
export function poolConfig(settings: DatabaseSettings, durability: Durability): pg.PoolConfig {
  const size = settings.poolSize ?? 10;
  return {
    connectionString: settings.url,
    application_name: settings.applicationName ?? 'entrepot',
    ...(settings.pooler !== 'transaction' && { options: startupOptions(settings, durability) }),
    max: durability === 'flushed' ? size : Math.max(2, Math.ceil(size / 2)),
    connectionTimeoutMillis: settings.connectTimeoutMs ?? 2_000,
    // Longer than the server's own: only for one that doesn't answer at all.
    query_timeout: (settings.statementTimeoutMs ?? 15_000) + 2_000,
    idleTimeoutMillis: 300_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types,
  };
}
