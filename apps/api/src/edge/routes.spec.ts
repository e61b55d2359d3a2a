import { allowedMethods, rewriteUrl } from './routes.js';

describe('a repository name becomes one path segment', () => {
  it.each([
    ['/v2/app/tags/list', '/v2/app/tags/list'],
    ['/v2/a/b/c/tags/list?n=5&last=x/y', '/v2/a%2Fb%2Fc/tags/list?n=5&last=x/y'],
    ['/v2/a%2Fb/manifests/v1', '/v2/a%2Fb/manifests/v1'],
    ['/v2/a/blobs/uploads/', '/v2/a/blobs/uploads'],
    ['/v2/a/blobs/uploads/blobs/sha256:x', '/v2/a%2Fblobs%2Fuploads/blobs/sha256:x'],
    ['/v2/tags/list/tags/list', '/v2/tags%2Flist/tags/list'],
    ['/v2/a/manifests/b/manifests/v1', '/v2/a%2Fmanifests%2Fb/manifests/v1'],
    ['/v2/a/../b/manifests/v1', '/v2/a%2F..%2Fb/manifests/v1'],
    ['/v2//a/manifests/v1', '/v2/%2Fa/manifests/v1'],
    ['/v2/a%252Fb/manifests/v1', '/v2/a%252Fb/manifests/v1'],
    ['/v2/a%2/manifests/v1', '/v2/a%252/manifests/v1'],
    ['/v2/%ff/tags/list', '/v2/%25ff/tags/list'],
    ['/v2//tags/list', '/v2/%20/tags/list'],
    ['/v2//blobs/uploads/?digest=x', '/v2/%20/blobs/uploads?digest=x'],
    ['/v2/tags/list', '/v2/tags/list'],
    ['/v2/', '/v2/'],
    ['/v2/_catalog?n=1', '/v2/_catalog?n=1'],
    ['/elsewhere', '/elsewhere'],
  ])('%s', (from, to) => expect(rewriteUrl(from)).toBe(to));
});

it.each([
  ['/v2/', ['GET', 'HEAD']],
  ['/v2/a/b/blobs/uploads/', ['POST']],
  ['/v2/a/b/blobs/uploads/some-id', ['GET', 'HEAD', 'PATCH', 'PUT', 'DELETE']],
  ['/v2/a/b/blobs/sha256:x?y=z', ['GET', 'HEAD', 'DELETE']],
  ['/v2/a/b/referrers/sha256:x', ['GET', 'HEAD']],
  ['/v2/a/b', null],
  ['/health/ready', ['GET', 'HEAD']],
  ['/health', null],
  ['/v3/', null],
])('%s answers %j', (url, methods) => expect(allowedMethods(url)).toEqual(methods));
