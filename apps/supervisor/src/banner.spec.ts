import { banner, registryAddress } from './banner.js';

it.each([
  ['127.0.0.1', '127.0.0.1:5000'],
  ['0.0.0.0', '127.0.0.1:5000'],
  ['::', '[::1]:5000'],
  ['registry.test', 'registry.test:5000'],
])('tells clients of a registry on %s to use %s', (host, address) => {
  expect(registryAddress(host, 5000)).toBe(address);
});

it('says in three lines where to push', () => {
  const lines = banner('127.0.0.1:5000', '/srv/data').trimEnd().split('\n');
  expect(lines).toHaveLength(3);
  expect(lines[1]).toContain('docker push 127.0.0.1:5000/');
});
