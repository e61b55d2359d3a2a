import { randomUUID } from 'node:crypto';
import { anImage } from '../support/builders.js';
import { digestBytes } from '../support/content.js';
import { expectError, expectStatus } from './expectations.js';
import { describeEntrepot, direct, freshName, http, itDirect, registry } from './registry-under-test.js';

const name = freshName('methods');
const digest = digestBytes('x');
const every = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'QUERY'];

describeEntrepot('a method that a resource does not have', () => {
  const resources: [path: string, methods: string[]][] = [
    ['/v2/', ['GET', 'HEAD']],
    ['/v2/_catalog', ['GET', 'HEAD']],
    [`/v2/${name}/tags/list`, ['GET', 'HEAD']],
    [`/v2/${name}/manifests/latest`, ['GET', 'HEAD', 'PUT', 'DELETE']],
    [`/v2/${name}/blobs/${digest}`, ['GET', 'HEAD', 'DELETE']],
    [`/v2/${name}/blobs/uploads/`, ['POST']],
    [`/v2/${name}/blobs/uploads/${randomUUID()}`, ['GET', 'HEAD', 'PATCH', 'PUT', 'DELETE']],
    [`/v2/${name}/referrers/${digest}`, ['GET', 'HEAD']],
    ['/health/live', ['GET', 'HEAD']],
    ['/health/ready', ['GET', 'HEAD']],
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

describeEntrepot('HEAD', () => {
  const bodied = ['/v2/', '/v2/_catalog', `/v2/${name}/tags/list`, `/v2/${name}/referrers/${digest}`, '/health/live', '/health/ready'];
  beforeAll(() => registry.push(name, anImage().tagged('v1')));

  it.each(bodied)('%s: what GET answers, without the body', async (path) => {
    const [asked, got] = [expectStatus(await http.head(path), 200), expectStatus(await http.get(path), 200)];
    expect(asked.body).toHaveLength(0);
    expect(asked.header('Content-Type')).toBe(got.header('Content-Type'));
    if (path !== '/v2/_catalog') expect(asked.header('Content-Length')).toBe(String(got.body.length));
  });

  it('of an upload says where it stands, and of what is not there that it is not', async () => {
    const location = await registry.startUpload(name);
    expect(expectStatus(await http.head(location), 204).header('Range')).toBe('0-0');
    expectStatus(await http.head(`/v2/${freshName('nobody')}/tags/list`), 404);
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
    for (const method of ['GET', 'POST', 'QUERY']) {
      const response = await http.request(method, path);
      expectError(response, 404, 'UNSUPPORTED');
      expect(response.header('Content-Type')).toMatch(/^application\/json/);
    }
  });
});

describeEntrepot('other spellings of a path', () => {
  itDirect.each([`http://registry.example/v2/`, `HTTP://registry.example:5000/v2/?n=1`, '/%762/', '/v2/#fragment'])(
    '%s is /v2/',
    async (target) => {
      const response = expectStatus(await http.get(target), 200);
      expect(response.header('Docker-Distribution-API-Version')).toBe('registry/2.0');
      expectError(await http.request('DELETE', target), 405, 'UNSUPPORTED');
    },
  );

  itDirect('name the same repository, and the same manifest', async () => {
    const image = await registry.push(name, anImage().tagged('v1'));
    for (const spelled of [
      `http://x/v2/${name}/manifests/v1`,
      `/v2/%${name.charCodeAt(0).toString(16)}${name.slice(1)}/manifest%73/%761`,
    ]) {
      expect(expectStatus(await http.get(spelled), 200).header('Docker-Content-Digest')).toBe(image.digest);
    }
  });

  itDirect('a host alone is no resource', async () => {
    expectError(await http.get('http://registry.example'), 404, 'UNSUPPORTED');
  });
});

describeEntrepot('requests that are malformed', () => {
  it.each([...direct(`/v2/${name}/manifests/%2`, `/v2/${name}/manifests/%zz`), `/v2/${name}/blobs/%ff`])('%s: 400', async (path) => {
    const response = await http.get(path);
    expect(response.status).toBe(400);
    expect(response.codes()).toHaveLength(1);
  });

  itDirect.each(['gzip, chunked', 'gzip,chunked', 'chunked, chunked'])(
    'a body that is sent as %s: 400 before it is read',
    async (coding) => {
      const location = await registry.startUpload(name);
      const exchange = await http.open('PATCH', location, { 'Transfer-Encoding': coding });
      expectError(await exchange.response, 400, 'UNSUPPORTED');
      expect((await http.get(location)).header('Range')).toBe('0-0');
    },
  );

  itDirect('HTTP/1.1 that does not say for which host: 400 with a JSON body; HTTP/1.0 need not', async () => {
    for (const method of ['GET', 'HEAD', 'POST', 'PROPFIND']) {
      const response = await http.request(method, '/v2/', { headers: { Host: undefined } });
      if (method === 'HEAD') expectStatus(response, 400);
      else expectError(response, 400, 'UNSUPPORTED');
    }
    expectStatus(await (await http.raw('GET /v2/ HTTP/1.0\r\n\r\n')).response, 200);
  });

  itDirect('a tunnel: there is none, and the client hears it', async () => {
    const refused = await http.request('CONNECT', `/v2/${name}/tags/list`);
    expectError(refused, 405, 'UNSUPPORTED');
    expect(refused.header('Allow')).toBe('GET, HEAD');
    expectError(await http.request('CONNECT', 'registry.example:443'), 404, 'UNSUPPORTED');
  });

  itDirect('what is no HTTP at all: 400 with a JSON body', async () => {
    const response = await (await http.raw('BLAH blah\r\n\r\n')).response;
    expectError(response, 400, 'UNSUPPORTED');
  });
});
