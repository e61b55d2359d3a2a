import {
  CollectionStore,
  DamageStore,
  Database,
  MaintenanceStore,
  OutboxStore,
  RemovalStore,
  RepositoryStore,
  RetentionStore,
  StatsStore,
  TagHistoryStore,
} from '#metadata';
import { runningDatabaseUrl, type Settings } from '#platform';

/** Counting millions of rows takes a while, and nobody but the person at the terminal waits. */
const statementTimeoutMs = 300_000;

/** The registry as its database knows it: an instance of this machine, or whatever DATABASE_URL leads to. */
export class Registry {
  readonly runs: MaintenanceStore;
  readonly repositories: RepositoryStore;
  readonly removals: RemovalStore;
  readonly retention: RetentionStore;
  readonly history: TagHistoryStore;
  readonly outbox: OutboxStore;
  readonly stats: StatsStore;
  readonly damage: DamageStore;
  readonly collection: CollectionStore;

  private constructor(
    private readonly db: Database,
    { graceSeconds: blobGraceSeconds, lingerSeconds: blobLingerSeconds }: Settings['blobs'],
  ) {
    this.runs = new MaintenanceStore(db);
    this.repositories = new RepositoryStore(db);
    this.removals = new RemovalStore(db);
    this.retention = new RetentionStore(db);
    this.history = new TagHistoryStore(db);
    this.outbox = new OutboxStore(db);
    this.stats = new StatsStore(db);
    this.damage = new DamageStore(db);
    this.collection = new CollectionStore(db, { blobGraceSeconds, blobLingerSeconds });
  }

  /** Throws NotRunningError; opens no connection before the first statement. */
  static open(settings: Settings): Registry {
    const { pooler } = settings.database;
    const database = { url: databaseOf(settings), pooler, poolSize: 2, applicationName: 'entrepot-cli', statementTimeoutMs };
    return new Registry(Database.connect(database), settings.blobs);
  }

  close(): Promise<void> {
    return this.db.close();
  }
}

/** Where the registry's database is; throws NotRunningError. */
export function databaseOf({ database, dataDir }: Settings): string {
  return database.url ?? runningDatabaseUrl(dataDir);
}
