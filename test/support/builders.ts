import { randomBytes } from 'node:crypto';
import { mediaTypes, type Descriptor, type DigestAlgorithm } from '#oci';
import { describeBytes, digestBytes, pointTo, type Content } from './content.js';

const emptyJson = { mediaType: 'application/vnd.oci.empty.v1+json', bytes: Buffer.from('{}') };
const layerType = 'application/vnd.oci.image.layer.v1.tar+gzip';
const configType = 'application/vnd.oci.image.config.v1+json';

type Fields = Readonly<Record<string, unknown>>;
interface Blob {
  readonly mediaType: string;
  readonly bytes: Buffer;
}
/** Anything that was pushed or described. */
type Described = { readonly descriptor: Descriptor } | Descriptor;

/** What images, artifacts and indexes have in common; every setter answers the builder itself. */
export abstract class ContentBuilder {
  protected algorithm: DigestAlgorithm = 'sha256';
  private readonly tags: string[] = [];
  private readonly fields: Record<string, unknown> = {};

  tagged(...tags: string[]): this {
    this.tags.push(...tags);
    return this;
  }

  annotated(annotations: Readonly<Record<string, string>>): this {
    return this.with({ annotations });
  }

  withSubject(subject: Described): this {
    return this.with({ subject: pointTo('descriptor' in subject ? subject.descriptor : subject) });
  }

  ofArtifactType(artifactType: string): this {
    return this.with({ artifactType });
  }

  /** Adds or replaces fields of the manifest; undefined leaves one out. */
  with(fields: Fields): this {
    Object.assign(this.fields, fields);
    return this;
  }

  hashedWith(algorithm: DigestAlgorithm): this {
    this.algorithm = algorithm;
    return this;
  }

  /** The finished content; builders of random content answer something new each time. */
  build(): Content {
    const { blobs, children, manifest, artifactType } = this.assemble();
    const all: Fields = { ...manifest, ...this.fields };
    const bytes = Buffer.from(JSON.stringify(all, null, 2));
    const mediaType = String(manifest['mediaType']);
    const described = {
      ...describeBytes(bytes, mediaType, this.algorithm),
      artifactType: (all['artifactType'] as string | undefined) ?? artifactType,
      annotations: all['annotations'] as Record<string, string> | undefined,
    };
    const descriptor = JSON.parse(JSON.stringify(described)) as Descriptor;
    return {
      mediaType,
      bytes,
      digest: digestBytes(bytes, this.algorithm),
      descriptor,
      algorithm: this.algorithm,
      blobs,
      children,
      tags: this.tags,
    };
  }

  protected abstract assemble(): { blobs: Buffer[]; children: Content[]; manifest: Fields; artifactType?: string };
}

export class ImageBuilder extends ContentBuilder {
  private layers: Blob[] = [];
  private config: Blob = { mediaType: configType, bytes: Buffer.from(JSON.stringify({ created: randomBytes(8).toString('hex') })) };
  private mediaType: string = mediaTypes.ociManifest;

  constructor() {
    super();
    this.withLayers(1);
  }

  /** That many random layers instead of the one there is. */
  withLayers(count: number, size = 256): this {
    this.layers = Array.from({ length: count }, () => ({ bytes: randomBytes(size), mediaType: layerType }));
    return this;
  }

  /** One layer with known bytes instead of the random one. */
  withLayer(bytes: Buffer, mediaType = layerType): this {
    this.layers = [{ bytes, mediaType }];
    return this;
  }

  withConfig(bytes: Buffer, mediaType = configType): this {
    this.config = { bytes, mediaType };
    return this;
  }

  /** An OCI artifact of a type: the empty config, one random layer. */
  asArtifact(artifactType: string): this {
    return this.withConfig(emptyJson.bytes, emptyJson.mediaType).ofArtifactType(artifactType);
  }

  asDocker(): this {
    this.mediaType = mediaTypes.dockerManifest;
    this.config = { ...this.config, mediaType: 'application/vnd.docker.container.image.v1+json' };
    this.layers = this.layers.map((layer) => ({ ...layer, mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip' }));
    return this;
  }

  protected assemble() {
    const [config, ...layers] = [this.config, ...this.layers].map(({ bytes, mediaType }) =>
      describeBytes(bytes, mediaType, this.algorithm),
    );
    const manifest = { schemaVersion: 2, mediaType: this.mediaType, config, layers };
    const blobs = [this.config, ...this.layers].map((blob) => blob.bytes);
    return { blobs, children: [], manifest, artifactType: this.config.mediaType };
  }
}

export class IndexBuilder extends ContentBuilder {
  private children: { content?: Content; descriptor: Descriptor }[] = [];
  private mediaType: string = mediaTypes.ociIndex;

  /** Children that are pushed along with the index. */
  of(...children: ContentBuilder[]): this {
    this.children.push(...children.map((child) => child.build()).map((content) => ({ content, descriptor: pointTo(content.descriptor) })));
    return this;
  }

  /** Children that are there already, or never will be. */
  listing(...children: Descriptor[]): this {
    this.children.push(...children.map((descriptor) => ({ descriptor })));
    return this;
  }

  asDocker(): this {
    this.mediaType = mediaTypes.dockerList;
    return this;
  }

  protected assemble() {
    const manifests = this.children.map(({ descriptor }) => descriptor);
    const children = this.children.flatMap(({ content }) => (content ? [content] : []));
    return { blobs: [], children, manifest: { schemaVersion: 2, mediaType: this.mediaType, manifests } };
  }
}

export const anImage = () => new ImageBuilder();
export const anArtifact = (artifactType = 'application/vnd.example.artifact.v1') => new ImageBuilder().asArtifact(artifactType);
export const anIndex = () => new IndexBuilder();
