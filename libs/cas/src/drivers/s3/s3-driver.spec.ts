import { describeStorageDriver, describeWithObjectStore, testBucket } from '../../testing/index.js';
import { S3Driver } from './s3-driver.js';

const mebibyte = 1024 * 1024;

describeWithObjectStore('on a real object store', () => {
  describeStorageDriver({
    name: 'S3Driver',
    tightBudgetBytes: 16 * mebibyte,
    async setUp() {
      const { settings, remove } = await testBucket('some/prefix/');
      return { open: (buffers) => new S3Driver({ settings, buffers }), close: remove };
    },
  });

  describeStorageDriver({
    name: 'S3Driver with parts of one size',
    tightBudgetBytes: 16 * mebibyte,
    async setUp() {
      const { settings, remove } = await testBucket();
      return { open: (buffers) => new S3Driver({ settings: { ...settings, equalParts: true }, buffers }), close: remove };
    },
  });
});
