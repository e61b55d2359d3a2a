import { randomBytes } from 'node:crypto';
import { digestBytes } from '../../support/content.js';
import { targetOf, withQuery } from '../../support/registry.js';
import { eventually } from './eventually.js';
import { Installation } from './installation.js';
import { processOf } from './processes.js';

describe('an upload that is cut at half', () => {
  const bytes = randomBytes(32 * 1024 * 1024);
  const half = bytes.length / 2;
  let installation: Installation;
  beforeAll(async () => (installation = await Installation.start()));
  afterAll(() => installation.remove());

  it('goes on from what has arrived', async () => {
    const location = await cutAtHalf('faults/cut');
    await finish('faults/cut', await whatArrived(location));
  });

  it('goes on after the registry was stopped and started again', async () => {
    const location = await cutAtHalf('faults/restarted');
    const arrived = await whatArrived(location);
    await installation.restart();
    expect(await whatArrived(location)).toMatchObject({ offset: arrived.offset });
    await finish('faults/restarted', await whatArrived(location));
  });

  it('goes on after the api process was killed in mid-body, from where it was before', async () => {
    const { http } = installation.client;
    const started = await installation.client.startUpload('faults/killed');
    const first = await http.patch(started, bytes.subarray(0, half / 2));
    expect(first.status).toBe(202);
    const exchange = await beginPatch(targetOf(first), bytes.length - half / 2);
    await exchange.write(bytes.subarray(half / 2, half));
    process.kill(processOf(installation.running, 'api'), 'SIGKILL');
    await expect(exchange.response).rejects.toThrow();

    await installation.running.untilReady();
    const arrived = await whatArrived(targetOf(first));
    expect(arrived.offset).toBeGreaterThanOrEqual(half / 2);
    await finish('faults/killed', arrived);
  });

  function beginPatch(location: string, length: number) {
    const headers = { 'Content-Length': String(length), 'Content-Type': 'application/octet-stream' };
    return installation.client.http.open('PATCH', location, headers);
  }

  /** The client dies with half of the body sent; answers where its session is. */
  async function cutAtHalf(name: string): Promise<string> {
    const location = await installation.client.startUpload(name);
    const exchange = await beginPatch(location, bytes.length);
    await exchange.write(bytes.subarray(0, half));
    exchange.cut();
    return location;
  }

  /** How far the session is, once the registry knows of the bytes it got. */
  function whatArrived(location: string): Promise<{ offset: number; location: string }> {
    return eventually(async () => {
      const status = await installation.client.http.get(location);
      expect(status.status).toBe(204);
      const offset = Number(status.need('Range').split('-')[1]) + 1;
      expect(offset).toBeGreaterThan(1);
      expect(offset).toBeLessThanOrEqual(half);
      return { offset, location: targetOf(status) };
    });
  }

  async function finish(name: string, arrived: { offset: number; location: string }): Promise<void> {
    const { http } = installation.client;
    const range = { 'Content-Range': `${arrived.offset}-${bytes.length - 1}`, 'Content-Type': 'application/octet-stream' };
    const patched = await http.patch(arrived.location, bytes.subarray(arrived.offset), range);
    expect(patched.status).toBe(202);
    expect(patched.need('Range')).toBe(`0-${bytes.length - 1}`);
    const digest = digestBytes(bytes);
    expect((await http.put(withQuery(targetOf(patched), { digest }))).status).toBe(201);
    expect((await http.get(`/v2/${name}/blobs/${digest}`)).body.equals(bytes)).toBe(true);
  }
});
