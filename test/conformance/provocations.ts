import { randomUUID } from 'node:crypto';
import { mediaTypes, type ErrorKind } from '#oci';
import { anImage, anIndex } from '../support/builders.js';
import { digestBytes } from '../support/content.js';
import type { HttpResponse } from '../support/http-response.js';
import { withQuery } from '../support/registry.js';
import { freshName, http, registry } from './registry-under-test.js';

type Provoke = () => Promise<HttpResponse>;
/** For what a healthy registry never says: the spec that breaks something, and the title of its test. */
export interface Elsewhere {
  readonly spec: string;
  readonly test: string;
}

const absent = digestBytes('absent');
const image = () => anImage().build();
const patch = async (headers: Record<string, string>, body = '0123456789') =>
  http.patch(await registry.startUpload(freshName('errors')), body, headers);

/** One request for each kind of error that the registry knows; a kind without one does not compile. */
export const provocations: Readonly<Record<ErrorKind, Provoke | Elsewhere>> = {
  blobUnknown: () => http.get(`/v2/${freshName('errors')}/blobs/${absent}`),
  blobInUse: async () => {
    const name = freshName('errors');
    const { blobs } = await registry.push(name, anImage());
    return http.delete(`/v2/${name}/blobs/${digestBytes(blobs[0]!)}`);
  },
  rangeUnsatisfiable: async () => {
    const name = freshName('errors');
    const { digest } = await registry.pushBlob(name, Buffer.from('four'));
    return http.get(`/v2/${name}/blobs/${digest}`, { Range: 'bytes=4-' });
  },
  uploadUnknown: () => http.get(`/v2/${freshName('errors')}/blobs/uploads/${randomUUID()}`),
  uploadInvalid: () => patch({ 'Content-Range': 'everything' }),
  uploadOutOfOrder: () => patch({ 'Content-Range': '7-16' }),
  uploadSuperseded: async () => {
    const location = await registry.startUpload(freshName('errors'));
    const old = await http.open('PATCH', location, { 'Content-Length': '10', Expect: '100-continue' });
    // The 100 says that the first request holds the lease.
    await old.continued;
    await http.patch(location, 'newer');
    await old.write('0123456789');
    return old.response;
  },
  uploadInterrupted: async () => {
    const exchange = await http.open('PATCH', await registry.startUpload(freshName('errors')), { 'Content-Length': '10' });
    await exchange.write('half');
    return exchange.response;
  },
  sizeInvalid: () => patch({ 'Content-Range': '0-99' }),
  blobTooLarge: { spec: 'apps/api/src/edge/error.filter.spec.ts', test: 'that it is too large' },
  digestInvalid: () => http.get(`/v2/${freshName('errors')}/blobs/sha256:short`),
  digestMismatch: () => http.post(withQuery(`/v2/${freshName('errors')}/blobs/uploads/`, { digest: absent }), 'present'),
  manifestUnknown: () => http.get(`/v2/${freshName('errors')}/manifests/latest`),
  manifestInvalid: () =>
    registry.putManifest(freshName('errors'), 'latest', { mediaType: mediaTypes.ociManifest, bytes: Buffer.from('{}') }),
  manifestTooLarge: () => {
    const bytes = Buffer.alloc(4 * 1024 * 1024 + 1, ' ');
    return registry.putManifest(freshName('errors'), 'latest', { mediaType: mediaTypes.ociManifest, bytes });
  },
  manifestReferenceUnknown: () => registry.putManifest(freshName('errors'), 'latest', image()),
  manifestInUse: async () => {
    const name = freshName('errors');
    const child = await registry.push(name, anImage());
    await registry.push(name, anIndex().listing(child.descriptor));
    return http.delete(`/v2/${name}/manifests/${child.digest}`);
  },
  tagInvalid: () => registry.putManifest(freshName('errors'), '-dash', image()),
  tagImmutable: { spec: 'apps/api/src/v2/manifests/immutable-tags.spec.ts', test: 'neither moves nor goes' },
  nameInvalid: () => http.get('/v2/Not/valid/tags/list'),
  nameUnknown: () => http.get(`/v2/${freshName('errors')}/tags/list`),
  queryInvalid: () => http.get('/v2/_catalog?n=many'),
  requestInvalid: async () => (await http.raw('BLAH blah\r\n\r\n')).response,
  headersTooLarge: async () => (await http.open('GET', '/v2/', { 'X-Large': 'x'.repeat(100_000) })).response,
  headersTooSlow: async () => (await http.raw('GET /v2/ HTTP/1.1\r\nHost:')).response,
  expectationUnknown: () => http.get('/v2/', { Expect: 'miracles' }),
  resourceUnknown: () => http.get('/v2/no-such-resource'),
  methodUnsupported: () => http.request('PATCH', '/v2/'),
  storageFull: { spec: 'test/e2e/faults/disk.spec.ts', test: 'refuses uploads with 503' },
  verdictPending: { spec: 'test/e2e/faults/verdict.spec.ts', test: 'answers 503 while no worker has looked' },
  busy: { spec: 'apps/api/src/v2/manifests/payload-reader.spec.ts', test: 'a body waits for its share, bounded' },
  unavailable: { spec: 'test/e2e/faults/postgres.spec.ts', test: 'every request is answered 503' },
  unknown: { spec: 'apps/api/src/edge/error.filter.spec.ts', test: 'takes anything else for a bug' },
};
