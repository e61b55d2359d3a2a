import { readFileSync } from 'node:fs';
import { describeWith, programOf } from './fixture/clients.js';
import { DockerDaemon } from './fixture/docker-daemon.js';
import { inLayout, published } from './fixture/published.js';
import { layoutFolder, layoutTags, registryHost } from './fixture/run.js';
import { Workspace } from './fixture/workspace.js';

describeWith(['docker', 'dockerd', 'skopeo'], 'docker', () => {
  const workspace = new Workspace();
  let daemon: DockerDaemon | undefined;
  const docker = (...args: string[]) => daemon!.docker(...args);
  const at = (name: string) => `${registryHost()}/docker/${name}`;

  beforeAll(async () => {
    daemon = await DockerDaemon.start(workspace);
    await workspace.run(programOf('skopeo'), [
      'copy',
      '--quiet',
      '--all',
      `oci:${layoutFolder()}:${layoutTags.index}`,
      `docker://${at('base:v1')}`,
    ]);
  });
  afterAll(async () => {
    await daemon?.stop();
    await workspace.remove();
  });

  it('pulls the image for its platform out of an index', async () => {
    await docker('pull', '--quiet', at('base:v1'));
    expect(await docker('image', 'inspect', '--format', '{{.Id}}', at('base:v1'))).toBe(inLayout(layoutTags.image).manifest.config?.digest);
  });

  it('builds on it and pushes: the layers are mounted from where they were, the new one is uploaded', async () => {
    workspace.write('build/Dockerfile', `FROM ${at('base:v1')}\nCOPY greeting /srv/greeting\n`);
    workspace.write('build/greeting', 'made in a test\n');
    await docker('build', '--quiet', '--tag', at('app:v1'), workspace.path('build'));
    const id = await docker('image', 'inspect', '--format', '{{.Id}}', at('app:v1'));
    await docker('push', '--quiet', at('app:v1'));

    const { digest, manifest } = await published('docker/app', 'v1');
    expect(manifest.config?.digest).toBe(id);
    expect(manifest.layers?.slice(0, 3).map((layer) => layer.digest)).toEqual(
      inLayout(layoutTags.image).manifest.layers?.map((layer) => layer.digest),
    );

    await docker('rmi', '--force', id);
    await docker('pull', '--quiet', `${at('app')}@${digest}`);
    expect(await docker('image', 'inspect', '--format', '{{.Id}}', `${at('app')}@${digest}`)).toBe(id);
  });

  it('pushes layers it has compressed itself, and pulls the same files back', async () => {
    // An imported file system is in no registry yet, so that all of it is streamed.
    workspace.write('files/large', Buffer.alloc(20_000_000, 'compressible, but not that much '));
    await workspace.run('tar', ['--create', '--file', 'files.tar', '--directory', 'files', '.']);
    const id = await docker('import', 'files.tar', at('files:v1'));
    await docker('push', '--quiet', at('files:v1'));
    await docker('rmi', at('files:v1'));
    await docker('pull', '--quiet', at('files:v1'));
    expect(await docker('image', 'inspect', '--format', '{{.Id}}', at('files:v1'))).toBe(id);

    const container = await docker('create', at('files:v1'), '/none');
    await docker('cp', `${container}:/large`, workspace.path('back'));
    await docker('rm', container);
    expect(readFileSync(workspace.path('back')).equals(readFileSync(workspace.path('files/large')))).toBe(true);
  });

  it('says plainly that an unknown tag is unknown', async () => {
    await expect(docker('pull', '--quiet', at('base:none'))).rejects.toThrow(/manifest unknown|not found/);
  });
});
