import { randomBytes, randomUUID } from 'node:crypto';
import { digestBytes } from '../support/content.js';
import { targetOf, withQuery } from '../support/registry.js';
import { expectError, expectPushedBlob, expectStatus } from './expectations.js';
import { describeEntrepot, direct, freshName, http, itEntrepot, registry } from './registry-under-test.js';

const octets = { 'Content-Type': 'application/octet-stream' };

describe('asking a session where it stands', () => {
  it('answers 204 with Location and Range', async () => {
    const location = await registry.startUpload(freshName('status'));
    const patched = expectStatus(await http.patch(location, randomBytes(1234), octets), 202);
    const status = expectStatus(await http.get(targetOf(patched)), 204);
    expect(status.header('Range')).toBe('0-1233');
    expect(status.header('Location')).toBeTruthy();
  });

  itEntrepot('never answers 0--1: an empty session is at 0-0, and has its UUID in a header', async () => {
    const location = await registry.startUpload(freshName('status'));
    const status = expectStatus(await http.get(location), 204);
    expect(status.header('Range')).toBe('0-0');
    expect(location).toContain(status.need('Docker-Upload-UUID'));
  });
});

describeEntrepot('cancelling', () => {
  it('DELETE answers 204, and the session is gone', async () => {
    const location = await registry.startUpload(freshName('cancel'));
    const patched = expectStatus(await http.patch(location, randomBytes(5000), octets), 202);
    const target = targetOf(patched);
    expectStatus(await http.delete(target, { 'Content-Length': '0' }), 204);
    expectError(await http.get(target), 404, 'BLOB_UPLOAD_UNKNOWN');
    expectError(await http.delete(target), 404, 'BLOB_UPLOAD_UNKNOWN');
    expectError(await http.patch(target, 'x', octets), 404, 'BLOB_UPLOAD_UNKNOWN');
    expectError(await http.put(withQuery(target, { digest: digestBytes('x') }), 'x'), 404, 'BLOB_UPLOAD_UNKNOWN');
  });
});

describe('a session that does not exist', () => {
  const name = freshName('no-session');
  const location = `/v2/${name}/blobs/uploads/${randomUUID()}`;

  it.each(['GET', 'PATCH', 'PUT', 'DELETE'])('%s answers 404 BLOB_UPLOAD_UNKNOWN', async (method) => {
    const target = method === 'PUT' ? withQuery(location, { digest: digestBytes('x') }) : location;
    expectError(
      await http.request(method, target, method === 'GET' || method === 'DELETE' ? {} : { body: 'x' }),
      404,
      'BLOB_UPLOAD_UNKNOWN',
    );
  });

  itEntrepot.each(['not-a-uuid', '0', ...direct('%00'), "'; drop table", '..%2f..', 'x'.repeat(300)])(
    'also under the id %j',
    async (id) => {
      const target = `/v2/${name}/blobs/uploads/${encodeURIComponent(id).replaceAll('%25', '%')}`;
      expectError(await http.get(target), 404, 'BLOB_UPLOAD_UNKNOWN');
      expectError(await http.patch(target, 'x', octets), 404, 'BLOB_UPLOAD_UNKNOWN');
    },
  );
});

describeEntrepot('the id of a session', () => {
  it('is unknown in the path of another repository', async () => {
    const mine = await registry.startUpload(freshName('mine'));
    const theirs = mine.replace(/\/v2\/.*\/blobs\//, `/v2/${freshName('theirs')}/blobs/`);
    expectError(await http.get(theirs), 404, 'BLOB_UPLOAD_UNKNOWN');
    expectError(await http.patch(theirs, 'x', octets), 404, 'BLOB_UPLOAD_UNKNOWN');
    expectError(await http.put(withQuery(theirs, { digest: digestBytes('x') }), 'x'), 404, 'BLOB_UPLOAD_UNKNOWN');
    expectError(await http.delete(theirs), 404, 'BLOB_UPLOAD_UNKNOWN');
    expectStatus(await http.get(mine), 204);
  });

  it('is unknown once the blob is stored', async () => {
    const location = await registry.startUpload(freshName('done'));
    await expectPushedBlob(await http.put(withQuery(location, { digest: digestBytes('x') }), 'x'), Buffer.from('x'));
    expectError(await http.get(location), 404, 'BLOB_UPLOAD_UNKNOWN');
    expectError(await http.patch(location, 'y', octets), 404, 'BLOB_UPLOAD_UNKNOWN');
  });
});
