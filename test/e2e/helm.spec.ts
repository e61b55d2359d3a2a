import { readFileSync } from 'node:fs';
import { describeWith, programOf } from './fixture/clients.js';
import { published, tagsOf } from './fixture/published.js';
import { registryHost } from './fixture/run.js';
import { Workspace } from './fixture/workspace.js';

describeWith(['helm', 'gpg'], 'helm', () => {
  const workspace = new Workspace();
  const helm = (...args: string[]) => workspace.run(programOf('helm'), args);
  const gpg = (...args: string[]) => workspace.run(programOf('gpg'), ['--batch', '--quiet', ...args]);
  const chart = 'web-1.2.3+build.7.tgz';

  beforeAll(async () => {
    await gpg(
      '--passphrase',
      '',
      '--pinentry-mode',
      'loopback',
      '--quick-generate-key',
      'Chart Signer <charts@example.test>',
      'rsa2048',
      'sign',
      'never',
    );
    await gpg('--output', workspace.path('secret.gpg'), '--export-secret-keys');
    await gpg('--output', workspace.path('public.gpg'), '--export');
    await helm('create', 'web');
    await helm(
      'package',
      '--version',
      '1.2.3+build.7',
      '--sign',
      '--key',
      'Chart Signer',
      '--keyring',
      workspace.path('secret.gpg'),
      'web',
    );
  });
  afterAll(async () => {
    await workspace.run('gpgconf', ['--kill', 'all']);
    await workspace.remove();
  });

  it('pushes a signed chart, and pulls and verifies the same chart and provenance', async () => {
    await helm('push', '--plain-http', chart, `oci://${registryHost()}/charts`);
    const destination = workspace.newFolder('back');
    const verify = ['--verify', '--keyring', workspace.path('public.gpg'), '--destination', destination];
    await helm('pull', '--plain-http', `oci://${registryHost()}/charts/web`, '--version', '1.2.3+build.7', ...verify);

    for (const file of [chart, `${chart}.prov`]) {
      expect(readFileSync(workspace.path('back', file)).equals(readFileSync(workspace.path(file)))).toBe(true);
    }
  });

  it('turns the plus of a version into an underscore, and finds the newest version by itself', async () => {
    await helm('package', '--version', '1.3.0', 'web');
    await helm('push', '--plain-http', 'web-1.3.0.tgz', `oci://${registryHost()}/charts`);
    expect(await tagsOf('charts/web')).toEqual(['1.2.3_build.7', '1.3.0']);
    expect((await published('charts/web', '1.3.0')).manifest.config?.mediaType).toBe('application/vnd.cncf.helm.config.v1+json');
    expect(await helm('show', 'chart', '--plain-http', `oci://${registryHost()}/charts/web`)).toContain('version: 1.3.0');
  });
});
