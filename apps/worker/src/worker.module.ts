import { Module, type DynamicModule, type Provider, type Type } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { BullModule } from '@nestjs/bullmq';
import { DigestVerifier, StorageDriver } from '#cas';
import { JobProducer } from '#jobs';
import {
  BlobStore,
  LegacyReferrerStore,
  ManifestDetailStore,
  ManifestStore,
  OutboxStore,
  UploadSessionStore,
  type OutboxKind,
} from '#metadata';
import type { Logger, Settings } from '#platform';
import { AbortUploadService } from './abort-upload/abort-upload.service.js';
import { JobConsumers } from './consumers/job-consumers.js';
import { DeleteObjectService } from './delete-object/delete-object.service.js';
import { ExpireUploadsProcessor } from './expire-uploads/expire-uploads.processor.js';
import { ExpireUploadsService } from './expire-uploads/expire-uploads.service.js';
import { ConfigReader } from './index-manifest/config-reader.js';
import { IndexManifestProcessor } from './index-manifest/index-manifest.processor.js';
import { IndexManifestService } from './index-manifest/index-manifest.service.js';
import { IndexReferrersProcessor } from './index-referrers/index-referrers.processor.js';
import { IndexReferrersService } from './index-referrers/index-referrers.service.js';
import { upkeepProviders } from './maintenance/upkeep.js';
import { OutboxRelay } from './outbox/outbox-relay.js';
import type { OutboxWork } from './outbox/outbox-work.js';
import type { WorkerResources } from './resources.js';
import { databaseOutage, jobBackend, workerLogger } from './tokens.js';
import { VerifyBlobProcessor } from './verify-blob/verify-blob.processor.js';
import { VerifyBlobService, VerifyLanes } from './verify-blob/verify-blob.service.js';

const processors = [VerifyBlobProcessor, IndexManifestProcessor, IndexReferrersProcessor, ExpireUploadsProcessor];

/** One for each kind there is, or this does not compile; in the order in which they are looked at. */
const workOf = {
  'verify-blob': VerifyBlobService,
  'index-manifest': IndexManifestService,
  'index-referrers': IndexReferrersService,
  'abort-upload': AbortUploadService,
  'delete-object': DeleteObjectService,
} satisfies { readonly [Kind in OutboxKind]: Type<OutboxWork<Kind>> };
const works = Object.values(workOf);

/** The worker's wiring: what is open already comes from the resources, everything else is made here. */
@Module({})
export class WorkerModule {
  static with(settings: Settings, logger: Logger, resources: WorkerResources): DynamicModule {
    return {
      module: WorkerModule,
      imports: [
        DiscoveryModule,
        BullModule.forRoot({ ...resources.backend.consumers, extraOptions: { manualRegistration: true } }),
        BullModule.registerQueue(),
      ],
      providers: [
        ...opened(settings, logger, resources),
        ...upkeepProviders(settings, logger, resources),
        { provide: OutboxRelay, inject: works, useFactory: (...all: OutboxWork[]) => relayOf(all, logger, resources) },
        { provide: JobProducer, useFactory: () => new JobProducer(resources.backend) },
        ...[...works, ...processors, ConfigReader, ExpireUploadsService, JobConsumers],
      ],
    };
  }
}

function relayOf(all: readonly OutboxWork[], logger: Logger, { db, database }: WorkerResources): OutboxRelay {
  return new OutboxRelay({ works: all, outbox: new OutboxStore(db), database, logger });
}

function opened(settings: Settings, logger: Logger, { db, database, driver, verifier, backend }: WorkerResources): Provider[] {
  const sessions = {
    blobGraceSeconds: settings.blobs.graceSeconds,
    blobLingerSeconds: settings.blobs.lingerSeconds,
    uploadExpirySeconds: settings.uploads.expirySeconds,
  };
  return [
    { provide: workerLogger, useValue: logger },
    { provide: databaseOutage, useValue: database },
    { provide: jobBackend, useValue: backend },
    { provide: StorageDriver, useValue: driver },
    { provide: DigestVerifier, useValue: verifier },
    { provide: VerifyLanes, useValue: new VerifyLanes(settings.verification.threads) },
    { provide: UploadSessionStore, useValue: new UploadSessionStore(db, sessions) },
    { provide: BlobStore, useValue: new BlobStore(db, sessions) },
    { provide: ManifestStore, useValue: new ManifestStore(db) },
    { provide: ManifestDetailStore, useValue: new ManifestDetailStore(db) },
    { provide: LegacyReferrerStore, useValue: new LegacyReferrerStore(db) },
  ];
}
