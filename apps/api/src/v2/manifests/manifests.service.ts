import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { indexManifest, indexReferrers, JobProducer } from '#jobs';
import { parseManifest, referrerDescriptor } from '#manifest';
import { ManifestStore, TagStore, type ImmutableOutcome, type ManifestSummary, type StoredManifest } from '#metadata';
import { algorithmOf, digestOf, findCosignTag, RegistryError, type Digest, type Reference, type RepositoryName, type Tag } from '#oci';
import { DiskGuard } from '../../edge/disk-guard.js';

/** A manifest as a client sends it; `expected` is the digest it was addressed by, if any. */
export interface PushedManifest {
  readonly payload: Buffer;
  readonly contentType: string | undefined;
  readonly expected?: Digest;
  readonly tags: readonly Tag[];
}

@Injectable()
export class ManifestsService {
  constructor(
    private readonly manifests: ManifestStore,
    private readonly tags: TagStore,
    private readonly jobs: JobProducer,
    private readonly disk: DiskGuard,
  ) {}

  /** Throws `manifestUnknown`. */
  async get(name: RepositoryName, reference: Reference): Promise<StoredManifest> {
    const manifest = await this.manifests.find(name, reference);
    if (!manifest) throw new RegistryError('manifestUnknown', { name, reference: textOf(reference) });
    return manifest;
  }

  /** The same without the payload. */
  async summarise(name: RepositoryName, reference: Reference): Promise<ManifestSummary> {
    const manifest = await this.manifests.summarise(name, reference);
    if (!manifest) throw new RegistryError('manifestUnknown', { name, reference: textOf(reference) });
    return manifest;
  }

  /** Throws `digestMismatch`, `manifestInvalid`, `manifestReferenceUnknown` naming all that is missing, `tagImmutable`. */
  async put(name: RepositoryName, { payload, contentType, expected, tags }: PushedManifest): Promise<{ digest: Digest; subject?: Digest }> {
    await this.disk.assertRoom();
    const algorithm = expected ? algorithmOf(expected) : 'sha256';
    const digest = digestOf(algorithm, createHash(algorithm).update(payload).digest());
    if (expected && expected !== digest) throw new RegistryError('digestMismatch', { expected, computed: digest });
    const parsed = parseManifest(payload, contentType);
    const result = await this.manifests.put(name, {
      digest,
      payload,
      tags,
      mediaType: parsed.mediaType,
      artifactType: parsed.artifactType,
      configDigest: parsed.config?.digest,
      subject: parsed.subject?.digest,
      referrerDescriptor: parsed.subject && referrerDescriptor(parsed, digest, payload.length),
      references: parsed.references,
    });
    if (result.outcome === 'immutable') throw immutable(result);
    if (result.outcome === 'missing') throw new RegistryError('manifestReferenceUnknown', { missing: result.digests });
    void this.jobs.lookNow(indexManifest, {});
    if (tags.some((tag) => findCosignTag(tag))) void this.jobs.lookNow(indexReferrers, {});
    return { digest, subject: parsed.subject?.digest };
  }

  /** By tag only the tag goes; by digest the manifest and every tag on it. Throws `manifestUnknown`, `manifestInUse`, `tagImmutable`. */
  async delete(name: RepositoryName, reference: Reference): Promise<void> {
    const result = 'tag' in reference ? await this.tags.delete(name, reference.tag) : await this.manifests.delete(name, reference.digest);
    if (result.outcome === 'unknown') throw new RegistryError('manifestUnknown', { name, reference: textOf(reference) });
    if (result.outcome === 'immutable') throw immutable(result);
    if (result.outcome === 'inUse') throw new RegistryError('manifestInUse', { digest: textOf(reference), manifests: result.manifests });
  }
}

/** `docker push` shows the detail, so it is a sentence. */
function immutable({ tags }: ImmutableOutcome): RegistryError {
  const [first] = tags;
  const reason = first && `tag ${first.tag} matches ${first.pattern}: it can be neither moved nor deleted`;
  return new RegistryError('tagImmutable', { reason, tags });
}

function textOf(reference: Reference): string {
  return 'tag' in reference ? reference.tag : reference.digest;
}
