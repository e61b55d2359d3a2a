import { expectStatus } from './expectations.js';
import { describeEntrepot, http, itDirect, itEntrepot } from './registry-under-test.js';

describe('determining support', () => {
  it('answers GET /v2/ with 200', async () => {
    expectStatus(await http.get('/v2/'), 200);
  });

  itEntrepot.each(['/v2', '/v2/?x=y'])('answers GET %s likewise, without a redirect', async (target) => {
    expectStatus(await http.get(target), 200);
  });

  itEntrepot('answers HEAD /v2/ with 200 and no body', async () => {
    const response = expectStatus(await http.head('/v2/'), 200);
    expect(response.body).toHaveLength(0);
  });

  itDirect('keeps a connection for longer than a balancer in front would, so that none is closed under a request', async () => {
    const seconds = /timeout=(\d+)/.exec((await http.get('/v2/')).need('Keep-Alive'))?.[1];
    expect(Number(seconds)).toBeGreaterThan(600);
  });

  itEntrepot('says which API it speaks, as JSON', async () => {
    const response = await http.get('/v2/');
    expect(response.header('Docker-Distribution-API-Version')).toBe('registry/2.0');
    expect(response.json()).toEqual({});
  });
});

describeEntrepot('health', () => {
  it.each(['/health/live', '/health/ready'])('answers GET %s with 200', async (target) => {
    expectStatus(await http.get(target), 200);
  });
});
