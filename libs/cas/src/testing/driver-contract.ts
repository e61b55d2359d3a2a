import { BufferBudget } from '../buffers/buffer-budget.js';
import type { StorageDriver } from '../storage-driver.js';
import { describeReading } from './contract/reading.js';
import { describeResuming } from './contract/resuming.js';
import { describeSharingMemory } from './contract/sharing-memory.js';
import { describeUploading } from './contract/uploading.js';
import type { DriverHarness, DriverUnderTest, OpenDriver } from './driver-harness.js';

/** What every storage driver must do; a driver's spec is one call of this, with real storage. Each test has storage of its own. */
export function describeStorageDriver(underTest: DriverUnderTest): void {
  describe(underTest.name, () => {
    let harness: DriverHarness;
    let drivers: StorageDriver[];
    const open: OpenDriver = (buffers = new BufferBudget({ bytes: 64 * 1024 * 1024 })) => {
      const driver = harness.open(buffers);
      drivers.push(driver);
      return driver;
    };

    beforeEach(async () => {
      drivers = [];
      harness = await underTest.setUp();
    });
    afterEach(async () => {
      await Promise.all(drivers.map((driver) => driver.close()));
      await harness.close();
    });

    describe('uploading', () => describeUploading(open));
    describe('resuming', () => describeResuming(open));
    describe('reading', () => describeReading(open));
    describe('sharing memory', () => describeSharingMemory(open, underTest));
  });
}
