import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { StorageDriver } from '#cas';
import { JobProducer } from '#jobs';
import { BlobStore, DamageStore, Database, ManifestStore, RepositoryStore, TagStore, UploadSessionStore } from '#metadata';
import { AccessGuard, AccessPolicy, OpenAccess } from './edge/access.js';
import { DiskGuard } from './edge/disk-guard.js';
import { EdgeLimits } from './edge/limits.js';
import { HealthController, Readiness } from './health/health.controller.js';
import { PullTimes } from './pulls/pull-times.js';
import { BaseController } from './v2/base/base.controller.js';
import { BlobsController } from './v2/blobs/blobs.controller.js';
import { BlobsService } from './v2/blobs/blobs.service.js';
import { DownloadAddresses } from './v2/blobs/download-addresses.js';
import { CatalogController } from './v2/catalog/catalog.controller.js';
import { ManifestsController } from './v2/manifests/manifests.controller.js';
import { ManifestsService } from './v2/manifests/manifests.service.js';
import { PayloadReader } from './v2/manifests/payload-reader.js';
import { ReferrersController } from './v2/referrers/referrers.controller.js';
import { TagsController } from './v2/tags/tags.controller.js';
import { FirstBytes } from './v2/uploads/first-bytes.js';
import { UploadFinisher } from './v2/uploads/upload-finisher.js';
import { UploadPublisher } from './v2/uploads/upload-publisher.js';
import { UploadReceiver } from './v2/uploads/upload-receiver.js';
import { UploadsController } from './v2/uploads/uploads.controller.js';
import { UploadsService } from './v2/uploads/uploads.service.js';
import { Verdicts } from './v2/uploads/verdicts.js';

/** What the api stands on, opened before Nest and closed after it. */
export interface Foundations {
  readonly database: Database;
  readonly driver: StorageDriver;
  readonly jobs: JobProducer;
  readonly disk: DiskGuard;
  readonly pulls: PullTimes;
  readonly limits: EdgeLimits;
  readonly payloads: PayloadReader;
  readonly addresses: DownloadAddresses;
  readonly sessions: UploadSessionStore;
  readonly times: { readonly blobGraceSeconds: number; readonly blobLingerSeconds: number; readonly uploadExpirySeconds: number };
}

@Module({})
export class ApiModule {
  static on(foundations: Foundations): DynamicModule {
    return {
      module: ApiModule,
      imports: [DiscoveryModule],
      controllers: [
        BaseController,
        CatalogController,
        UploadsController,
        BlobsController,
        ManifestsController,
        TagsController,
        ReferrersController,
        HealthController,
      ],
      providers: [
        ...foundationProviders(foundations),
        BlobsService,
        ManifestsService,
        UploadReceiver,
        FirstBytes,
        UploadsService,
        UploadPublisher,
        UploadFinisher,
        Verdicts,
        Readiness,
        { provide: AccessPolicy, useClass: OpenAccess },
        { provide: APP_GUARD, useClass: AccessGuard },
      ],
    };
  }
}

function foundationProviders(foundations: Foundations): Provider[] {
  const { database, driver, jobs, disk, pulls, limits, payloads, addresses, sessions, times } = foundations;
  return [
    { provide: Database, useValue: database },
    { provide: StorageDriver, useValue: driver },
    { provide: JobProducer, useValue: jobs },
    { provide: DiskGuard, useValue: disk },
    { provide: PullTimes, useValue: pulls },
    { provide: EdgeLimits, useValue: limits },
    { provide: PayloadReader, useValue: payloads },
    { provide: DownloadAddresses, useValue: addresses },
    { provide: RepositoryStore, useValue: new RepositoryStore(database) },
    { provide: DamageStore, useValue: new DamageStore(database) },
    { provide: BlobStore, useValue: new BlobStore(database, times) },
    { provide: UploadSessionStore, useValue: sessions },
    { provide: ManifestStore, useValue: new ManifestStore(database) },
    { provide: TagStore, useValue: new TagStore(database) },
  ];
}
