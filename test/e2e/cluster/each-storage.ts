import { describeWith } from '../fixture/clients.js';

export type Storage = 'filesystem' | 's3';

/** The same promises on a folder that all replicas share and on object storage. */
export function describeOnEachStorage(title: string, body: (storage: Storage) => void): void {
  describeWith(['redis-server'], `${title}, on a shared filesystem`, () => body('filesystem'));
  describeWith(['redis-server', 'radosgw'], `${title}, on S3`, () => body('s3'));
}
