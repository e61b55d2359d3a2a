import { randomUUID } from 'node:crypto';
import { anImage } from '../support/builders.js';
import { digestBytes } from '../support/content.js';
import { expectError, expectStatus } from './expectations.js';
import { describeEntrepot, direct, freshName, http, isEntrepot, registry } from './registry-under-test.js';

/** Every way to use a name: what a client does to push, pull and list. */
async function useFully(name: string): Promise<void> {
  const image = await registry.push(name, anImage().tagged('v1'));
  expect(await registry.resolve(name, 'manifests', 'v1')).toBe(image.digest);
  expectStatus(await http.get(`/v2/${name}/blobs/${digestBytes(image.blobs[0]!)}`), 200);
  expect((await http.get(`/v2/${name}/tags/list`)).json()).toEqual({ name, tags: ['v1'] });
  if (isEntrepot) expect(await registry.referrers(name, image.digest)).toEqual([]);
}

describe('valid names', () => {
  it('have any number of components', async () => {
    await useFully(freshName('a/b/c/d/e/f/g/h'));
  });

  it.each(['a.b', 'a_b', 'a__b', 'a-b', 'a---b', '0', '0.1', 'x1-2_3.4'])('may have a component like %s', async (component) => {
    await useFully(`${freshName('names')}/${component}`);
  });
});

describeEntrepot('names made of the words of the API', () => {
  const unique = freshName('word').replaceAll('/', '-');

  it.each([
    'blobs',
    'manifests',
    'tags',
    'referrers',
    'blobs/uploads',
    'tags/list',
    'manifests/latest',
    'a/blobs/uploads/b',
    'v2',
    'v2/a/tags/list',
  ])('%s is a name like any other', async (words) => {
    await useFully(`${unique}/${words}`);
    await useFully(`${words}/${unique}`);
  });

  it('one component is enough', async () => {
    await useFully(unique);
  });
});

describeEntrepot('the length of a name', () => {
  const fill = (length: number) => {
    const start = `${freshName('long')}/`;
    return start + 'x'.repeat(length - start.length);
  };

  it('may be 255 characters', async () => {
    const name = fill(255);
    expect(name).toHaveLength(255);
    await useFully(name);
  });

  it.each([256, 300, 5000])('may not be %i', async (length) => {
    expectError(await http.get(`/v2/${fill(length)}/tags/list`), 400, 'NAME_INVALID');
  });
});

describeEntrepot('percent-encoded slashes', () => {
  it('spell the same name', async () => {
    const name = freshName('slash');
    const image = await registry.push(name, anImage().tagged('v1'));
    for (const spelled of [name.replaceAll('/', '%2F'), name.replaceAll('/', '%2f')]) {
      expect(await registry.resolve(spelled, 'manifests', 'v1')).toBe(image.digest);
      expect((await http.get(`/v2/${spelled}/tags/list`)).json()).toMatchObject({ name });
      await registry.push(spelled, anImage().tagged('v2'));
      expect(await registry.resolve(name, 'manifests', 'v2')).toBe(await registry.resolve(spelled, 'manifests', 'v2'));
    }
  });

  it('encoded twice are no slashes, and no name', async () => {
    expectError(await http.get(`/v2/${freshName('slash').replace('/', '%252F')}/tags/list`), 400, 'NAME_INVALID');
  });
});

describeEntrepot('invalid names', () => {
  const invalid = [
    'UPPER/case',
    'a/Upper',
    'a//b',
    '/a',
    'a/',
    'a/../b',
    '..',
    './a',
    'a/./b',
    '-a/b',
    'a-/b',
    'a/_b',
    'a..b',
    'a/b___c',
    'sp%20ace/a',
    'emoji/%F0%9F%9A%A2',
    ...direct('nul/%00'),
    'line/%0Aend',
    'a%3Fb/c',
    'a%25b/c',
    'plus+/a',
    'colon:5000/a',
    'back%5Cslash/a',
    '%ff',
    ...direct('', '%E0%A4%A/a', 'half%2', 'raw/\u00e9'),
  ];
  const digest = digestBytes('any');
  const requests: [method: string, path: string][] = [
    ['GET', 'tags/list'],
    ['GET', 'manifests/latest'],
    ['HEAD', 'manifests/latest'],
    ['PUT', 'manifests/latest'],
    ['DELETE', 'manifests/latest'],
    ['GET', `blobs/${digest}`],
    ['DELETE', `blobs/${digest}`],
    ['GET', `referrers/${digest}`],
    ['POST', 'blobs/uploads/'],
    ['GET', `blobs/uploads/${randomUUID()}`],
    ['PATCH', `blobs/uploads/${randomUUID()}`],
    ['PUT', `blobs/uploads/${randomUUID()}?digest=${digest}`],
    ['DELETE', `blobs/uploads/${randomUUID()}`],
  ];

  it.each(invalid)('%s: 400 NAME_INVALID', async (name) => {
    expectError(await http.get(`/v2/${name}/tags/list`), 400, 'NAME_INVALID');
    expectError(await http.get(`/v2/${name}/manifests/latest`), 400, 'NAME_INVALID');
    expectError(await http.post(`/v2/${name}/blobs/uploads/`), 400, 'NAME_INVALID');
  });

  it.each(requests)('%s %s refuses them', async (method, path) => {
    const response = await http.request(method, `/v2/Not/valid/${path}`);
    if (method === 'HEAD') expectStatus(response, 400);
    else expectError(response, 400, 'NAME_INVALID');
  });

  it('also where a blob is mounted from', async () => {
    expectError(await http.post(`/v2/${freshName('to')}/blobs/uploads/?mount=${digest}&from=Not/valid`), 400, 'NAME_INVALID');
  });
});
