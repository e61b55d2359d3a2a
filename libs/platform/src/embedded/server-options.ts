/** How many connections our own processes may open, at most. */
export interface ServerSize {
  readonly maxConnections: number;
}

/** Options of a server for one machine that is used for other things too: durable, modest in memory, silent about ordinary errors. */
export function serverOptions({ maxConnections }: ServerSize): string[] {
  const options: Record<string, string | number> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: maxConnections,
    shared_buffers: '128MB',
    effective_cache_size: '1GB',
    max_wal_size: '1GB',
    // Digests fall on pages at random, so in a large registry most writes log whole ones. These binaries know only the slow way to compress them.
    wal_compression: 'off',
    random_page_cost: 1.1,
    // What was just pushed is soon known to be visible to all, so that lists of it are read from an index alone.
    autovacuum_naptime: '10s',
    // Statements are short; compiling one, or starting workers for it, costs more than it gains (and /dev/shm is small in containers).
    jit: 'off',
    max_parallel_workers_per_gather: 0,
    // LOG and worse: a unique violation is an everyday answer to our own statements.
    log_min_messages: 'log',
    log_checkpoints: 'off',
    log_line_prefix: '%m [%p] ',
    log_timezone: 'UTC',
    timezone: 'UTC',
    cluster_name: 'entrepot',
  };
  return Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
