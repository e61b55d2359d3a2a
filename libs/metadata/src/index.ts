export { BlobStore } from './blobs/blob-store.js';
export * from './collection/collection-store.js';
export * from './collection/damage-store.js';
export * from './collection/orphan-store.js';
export * from './collection/scrub-store.js';
export type { DatabaseSettings } from './database/connection-settings.js';
export { DatabaseUnavailableError } from './database/database-errors.js';
export { Database } from './database/database.js';
export { migrateDatabase } from './database/migrate-database.js';
export { migrate } from './database/migrate.js';
export { LegacyReferrerStore } from './details/legacy-referrer-store.js';
export { ManifestDetailStore } from './details/manifest-detail-store.js';
export * from './maintenance/maintenance-run.js';
export { MaintenanceStore } from './maintenance/maintenance-store.js';
export { ManifestStore } from './manifests/manifest-store.js';
export { outboxKinds } from './outbox/outbox-statements.js';
export { OutboxStore } from './outbox/outbox-store.js';
export { PatternError } from './policy/pattern-error.js';
export { parsePolicy, PolicyError } from './policy/repository-policy.js';
export type { RepositoryPolicy, RetentionRules, TagRule } from './policy/repository-policy.js';
export { TagPattern } from './policy/tag-pattern.js';
export { PullStore, type ManifestPull, type TagPull } from './pulls/pull-store.js';
export { RemovalStore, type ClearedBatch, type RemovedKind } from './repositories/removal-store.js';
export { RepositoryStore } from './repositories/repository-store.js';
export {
  applyRetention,
  planRetention,
  type AppliedRetention,
  type ApplyOptions,
  type PlannedRetention,
} from './retention/apply-retention.js';
export { RetentionStore } from './retention/retention-store.js';
export type { ManifestDecision, RetentionPlan, RetentionVerdict, TagDecision } from './retention/snapshot.js';
export type * from './shapes.js';
export * from './stats/stats-store.js';
export * from './tags/tag-history-store.js';
export { TagStore } from './tags/tag-store.js';
export { UploadSessionStore } from './uploads/upload-session-store.js';
export { WriteBehindSessionStore } from './uploads/write-behind-session-store.js';
