import { BufferBudget } from './buffers/buffer-budget.js';
import { FilesystemDriver } from './drivers/filesystem/filesystem-driver.js';
import { S3Driver } from './drivers/s3/s3-driver.js';
import type { S3Settings } from './drivers/s3/s3-settings.js';
import type { StorageDriver } from './storage-driver.js';

const defaultBufferBytes = 64 * 1024 * 1024;

/** Which storage to use, told apart by `driver`; plain data, so that a worker thread can be given it. */
export type StorageSettings = FilesystemSettings | S3Settings;

/** Files below `root`. */
export interface FilesystemSettings {
  readonly driver: 'filesystem';
  readonly root: string;
}

/** Makes the driver that the settings name; touches nothing yet. `buffers`: what uploads of the process may hold, 64 MiB by default. */
export function openDriver(settings: StorageSettings, buffers = new BufferBudget({ bytes: defaultBufferBytes })): StorageDriver {
  switch (settings.driver) {
    case 'filesystem':
      return new FilesystemDriver({ root: settings.root, buffers });
    case 's3':
      return new S3Driver({ settings, buffers });
  }
}
