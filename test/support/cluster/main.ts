// `npm run cluster`: a whole cluster on this machine until Ctrl-C, for people. Everything it writes goes away with it.
import { parseArgs } from 'node:util';
import { Cluster } from './cluster.js';

const { values } = parseArgs({
  options: {
    replicas: { type: 'string', default: '3' },
    workers: { type: 'string', default: '2' },
    storage: { type: 'string', default: 's3' },
    pooler: { type: 'boolean', default: false },
  },
});
const storage = values.storage === 'filesystem' ? 'filesystem' : 's3';

const interrupted = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
});
console.log('starting…');
const cluster = await Cluster.start({
  replicas: Number(values.replicas),
  workers: Number(values.workers),
  storage,
  pooler: values.pooler,
  detached: true,
});
console.log(describe(cluster));
await interrupted;
console.log('\ntaking it down…');
await cluster.stop();

function describe({ balancer, replicas, workers, postgres, pooler, redis, store, storageRoot }: Cluster): string {
  const rows: [what: string, pid: number | undefined, where: string][] = [
    ['nginx', balancer?.process.pid, balancer?.url ?? ''],
    ...replicas.map(({ url, process }): [string, number | undefined, string] => [process.name, process.pid, url]),
    ...workers.map((process): [string, number | undefined, string] => [process.name, process.pid, '']),
    ['PostgreSQL', postgres.process.pid, postgres.url],
  ];
  if (pooler) rows.push(['PgBouncer', pooler.process.pid, pooler.url]);
  if (redis) rows.push(['Redis', redis.process.pid, redis.url]);
  if (store) rows.push(['Ceph', store.pid, `${store.endpoint} (bucket entrepot)`]);
  else rows.push(['storage', undefined, storageRoot]);
  const host = new URL(balancer?.url ?? '').host;
  const table = rows.map(([what, pid, where]) => `  ${what.padEnd(12)}${String(pid ?? '').padEnd(9)}${where}`).join('\n');
  return `${table}\n\n  try: skopeo copy --dest-tls-verify=false docker-archive:image.tar docker://${host}/acme/app:v1\n  Ctrl-C takes all of it down`;
}
