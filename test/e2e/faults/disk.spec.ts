import { mediaTypes } from '#oci';
import { anImage } from '../../support/builders.js';
import { Installation } from './installation.js';

describe('with less disk free than MIN_FREE_MIB', () => {
  let installation: Installation;
  beforeAll(async () => (installation = await Installation.start()));
  afterAll(() => installation.remove());

  it('refuses uploads with 503 and goes on serving pulls, until there is room again', async () => {
    const { client } = installation;
    const { http } = client;
    const image = await client.push('faults/disk', anImage().withLayers(2).tagged('v1'));
    const session = await client.startUpload('faults/disk');

    await installation.restart({ MIN_FREE_MIB: String(2 ** 30) });
    for (const refused of [
      await http.post('/v2/faults/disk/blobs/uploads/'),
      await http.post(`/v2/faults/disk/blobs/uploads/?digest=${image.digest}`, image.bytes),
      await http.patch(session, Buffer.alloc(1_000)),
      await http.put('/v2/faults/disk/manifests/v2', image.bytes, { 'Content-Type': mediaTypes.ociManifest }),
    ]) {
      expect({ status: refused.status, codes: refused.codes() }).toEqual({ status: 503, codes: ['UNAVAILABLE'] });
      expect(Number(refused.need('Retry-After'))).toBeGreaterThan(0);
    }
    expect((await http.get('/v2/faults/disk/manifests/v1')).body.equals(image.bytes)).toBe(true);
    const blob = image.blobs[1] ?? Buffer.alloc(0);
    expect(await client.resolve('faults/disk', 'manifests', 'v1')).toBe(image.digest);
    expect((await http.get(`/v2/faults/disk/blobs/${layerOf(image.bytes, 0)}`)).body.equals(blob)).toBe(true);

    await installation.restart();
    expect((await http.patch(session, Buffer.alloc(1_000))).status).toBe(202);
  });

  function layerOf(manifest: Buffer, at: number): string {
    return (JSON.parse(manifest.toString()) as { layers: { digest: string }[] }).layers[at]?.digest ?? '';
  }
});
