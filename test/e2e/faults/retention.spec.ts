import { anArtifact, anImage } from '../../support/builders.js';
import { describeWith, programOf } from '../fixture/clients.js';
import { eventually } from './eventually.js';
import { Surroundings } from './surroundings.js';

interface Decided {
  readonly tag?: string;
  readonly digest: string;
  readonly rule: string;
}
interface DryRun {
  readonly repositories: readonly { readonly tags: readonly Decided[]; readonly manifests: readonly Decided[] }[];
}

const settings = { RETENTION_INTERVAL_SECONDS: '0' };

describeWith(['cosign'], 'retention of signed images, by hand', () => {
  let here: Surroundings;
  beforeAll(async () => {
    here = await Surroundings.start(settings);
    await here.workspace.run(programOf('cosign'), ['generate-key-pair']);
  });
  afterAll(() => here.remove());

  const age = async (days: number) => {
    await here.rows.all(`update manifests set pushed_at = pushed_at - make_interval(days => ${days}), last_pulled_at = null`);
    await here.rows.all(`update tags set pushed_at = pushed_at - make_interval(days => ${days})`);
    await here.rows.all(`update tag_history set at = at - make_interval(days => ${days})`);
  };

  /** Times of pulls are written some seconds after them, all that were noted at once; so when a pull's of now is there, those before it are. */
  const pullTimesWritten = async () => {
    await here.installation.client.push('cli/pulled', anImage().tagged('now'));
    await here.installation.client.resolve('cli/pulled', 'manifests', 'now');
    await eventually(async () => {
      const written = `select from manifests where repository = (select id from repositories where name = 'cli/pulled') and last_pulled_at is not null`;
      expect(await here.rows.all(written)).toHaveLength(1);
    });
  };

  it('does what the dry run said; what stays keeps its signatures of either kind, what goes takes its own along', async () => {
    const name = 'cli/signed';
    const [gone, kept] = [anImage().tagged('build-1').build(), anImage().tagged('build-2').build()];
    for (const image of [gone, kept]) {
      await here.installation.client.pushContent(name, image);
      await age(1);
      const reference = `${here.host}/${name}@${image.digest}`;
      const sign = ['--allow-http-registry', '--key', 'cosign.key', '--tlog-upload=false', '--yes'];
      await here.workspace.run(programOf('cosign'), ['sign', ...sign, reference]);
      const statement = [
        '--new-bundle-format',
        '--predicate',
        here.workspace.write('predicate.json', '{"by":"a test"}'),
        '--type',
        'https://example.test/v1',
      ];
      await here.workspace.run(programOf('cosign'), ['attest', ...sign, ...statement, reference]);
    }
    const sbom = await here.installation.client.push(name, anArtifact().withSubject(gone));
    await pullTimesWritten();
    await age(60);
    await here.answer('retention', 'set', name, '--keep', '1 of build-*', '--untagged-days', '30');
    // The tag goes, and its manifest may be restored for TAG_HISTORY_DAYS from then.
    const first = await here.answer<DryRun>('retention', 'run', name, '--dry-run');
    expect(first.repositories[0]).toMatchObject({ tags: [{ tag: 'build-1', rule: 'tags[0]' }], manifests: [] });
    expect(await here.report('retention', 'run', name)).toMatchObject({ tags: 1, manifests: 0, left: 0 });
    await age(60);

    const said = (await here.answer<DryRun>('retention', 'run', name, '--dry-run')).repositories[0]!;
    expect(said.manifests).toHaveLength(4);
    const signatureTag = (image: { digest: string }) => `sha256-${image.digest.slice('sha256:'.length)}.sig`;
    expect(said.tags.map(({ tag }) => tag)).toEqual([signatureTag(gone)]);
    const did = await here.report<{ removed: readonly Decided[] }>('retention', 'run', name);
    expect(did.removed).toEqual([...said.tags, ...said.manifests].map((decision) => ({ repository: name, ...decision })));
    for (const digest of [gone.digest, sbom.digest]) expect(await here.installation.client.resolve(name, 'manifests', digest)).toBeNull();
    expect(await here.installation.client.referrers(name, gone.digest)).toEqual([]);

    expect(await here.installation.client.tags(name)).toEqual(['build-2', signatureTag(kept)]);
    const verify = ['--allow-http-registry', '--key', 'cosign.pub', '--insecure-ignore-tlog'];
    const reference = `${here.host}/${name}@${kept.digest}`;
    await here.workspace.run(programOf('cosign'), ['verify', ...verify, reference]);
    const root = here.workspace.write('root.json', '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}');
    const bundle = ['--new-bundle-format', '--trusted-root', root, '--type', 'https://example.test/v1'];
    await here.workspace.run(programOf('cosign'), ['verify-attestation', ...verify, ...bundle, reference]);
  });
});
