import { randomUUID } from 'node:crypto';
import { digestBytes } from '../support/content.js';
import { expectError, expectStatus } from './expectations.js';
import { describeEntrepot, direct, freshName, http, itDirect } from './registry-under-test.js';

const name = freshName('methods');
const digest = digestBytes('x');
const every = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'];

describeEntrepot('a method that a resource does not have', () => {
  const resources: [path: string, methods: string[]][] = [
    ['/v2/', ['GET', 'HEAD']],
    ['/v2/_catalog', ['GET']],
    [`/v2/${name}/tags/list`, ['GET']],
    [`/v2/${name}/manifests/latest`, ['GET', 'HEAD', 'PUT', 'DELETE']],
    [`/v2/${name}/blobs/${digest}`, ['GET', 'HEAD', 'DELETE']],
    [`/v2/${name}/blobs/uploads/`, ['POST']],
    [`/v2/${name}/blobs/uploads/${randomUUID()}`, ['GET', 'PATCH', 'PUT', 'DELETE']],
    [`/v2/${name}/referrers/${digest}`, ['GET']],
  ];
  const wrong = resources.flatMap(([path, methods]) =>
    every.filter((method) => !methods.includes(method)).map((method) => [method, path, methods] as const),
  );

  it.each(wrong)('%s %s: 405, and Allow says which it has', async (method, path, methods) => {
    const response = await http.request(method, path);
    if (method === 'HEAD') expectStatus(response, 405);
    else expectError(response, 405, 'UNSUPPORTED');
    expect(response.need('Allow').split(/, */).sort()).toEqual([...methods].sort());
  });
});

describeEntrepot('a path that is no resource', () => {
  const paths = [
    '/',
    '/v1/',
    '/v3/x',
    '/v2x',
    '/v2/name-only',
    `/v2/${name}`,
    `/v2/${name}/tags`,
    `/v2/${name}/tags/list/more`,
    `/v2/${name}/tags/other`,
    `/v2/${name}/blobs`,
    `/v2/${name}/manifests`,
    `/v2/${name}/unknown/x`,
    '/favicon.ico',
    ...direct('/../../etc/passwd'),
    '/health',
  ];

  it.each(paths)('%s: 404 with a JSON body', async (path) => {
    for (const method of ['GET', 'POST']) {
      const response = await http.request(method, path);
      expectError(response, 404, 'UNSUPPORTED');
      expect(response.header('Content-Type')).toMatch(/^application\/json/);
    }
  });
});

describeEntrepot('requests that are malformed', () => {
  it.each([...direct(`/v2/${name}%2/tags/list`, `/v2/${name}%zz/tags/list`), `/v2/%ff${name}/tags/list`])('%s: 400', async (path) => {
    const response = await http.get(path);
    expect(response.status).toBe(400);
    expect(response.codes()).toHaveLength(1);
  });

  itDirect('what is no HTTP at all: 400 with a JSON body', async () => {
    const response = await (await http.raw('BLAH blah\r\n\r\n')).response;
    expectError(response, 400, 'UNSUPPORTED');
  });

  it('headers beyond all measure: 4xx', async () => {
    const exchange = await http.open('GET', '/v2/', { 'X-Large': 'x'.repeat(100_000) });
    const { status } = await exchange.response;
    expect([400, 431]).toContain(status);
  });
});
