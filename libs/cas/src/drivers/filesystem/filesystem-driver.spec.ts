import { describeStorageDriver, temporaryFolder } from '../../testing/index.js';
import { FilesystemDriver } from './filesystem-driver.js';

describeStorageDriver({
  name: 'FilesystemDriver',
  tightBudgetBytes: 512 * 1024,
  async setUp() {
    const folder = await temporaryFolder();
    return { open: (buffers) => new FilesystemDriver({ root: `${folder.path}/storage`, buffers }), close: () => folder.remove() };
  },
});
