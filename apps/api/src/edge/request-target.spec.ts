import { normaliseTarget } from './request-target.js';

it.each([
  ['/v2/', '/v2/'],
  ['http://x/v2/', '/v2/'],
  ['HTTPS://user@x:5000/v2/a/tags/list?n=1', '/v2/a/tags/list?n=1'],
  ['http://x', '/'],
  ['http://x?n=1', '/?n=1'],
  ['//x/v2/', '//x/v2/'],
  ['*', '*'],
  ['/v2/a/tags/list#/../b', '/v2/a/tags/list'],
  ['/v2/%61%2Fb/ta%67s/list', '/v2/a%2Fb/tags/list'],
  ['/v2/%2561/tags/list', '/v2/%2561/tags/list'],
  ['/v2/%ff/tags/list?last=%61', '/v2/%ff/tags/list?last=%61'],
  ['/v2/%5B%60%7B%40%2F', '/v2/%5B%60%7B%40%2F'],
  ['/v2/%2D%2e%30%5f%7E%7a%5A', '/v2/-.0_~zZ'],
])('%s is read as %s', (target, path) => expect(normaliseTarget(target)).toBe(path));
