import { mediaTypes, type Descriptor, type Digest, type DigestAlgorithm } from '#oci';
import type { ContentBuilder } from './builders.js';
import { describeBytes, digestBytes, type Content } from './content.js';
import { HttpClient, type Inspect } from './http-client.js';
import type { HttpResponse } from './http-response.js';

/** What a client sends that can use every kind of manifest. */
export const acceptManifests = { Accept: Object.values(mediaTypes) };

export type Query = Readonly<Record<string, string | readonly string[]>>;

/** A registry as a client sees it; the shortcuts throw where the registry refuses, `http` shows every answer. */
export class Registry {
  readonly http: HttpClient;

  constructor(
    readonly url: string,
    inspect?: Inspect,
  ) {
    this.http = new HttpClient(url, inspect);
  }

  /** Opens an upload session and answers its location. */
  async startUpload(name: string, query: Query = {}): Promise<string> {
    const response = await this.http.post(withQuery(`/v2/${name}/blobs/uploads/`, query));
    expectStatus(response, 202, 'starting an upload');
    return targetOf(response);
  }

  /** Pushes one blob by POST and PUT. */
  async pushBlob(name: string, bytes: Uint8Array, algorithm: DigestAlgorithm = 'sha256'): Promise<Descriptor> {
    const digest = digestBytes(bytes, algorithm);
    const location = await this.startUpload(name, algorithm === 'sha256' ? {} : { 'digest-algorithm': algorithm });
    const response = await this.http.put(withQuery(location, { digest }), bytes, { 'Content-Type': 'application/octet-stream' });
    expectStatus(response, 201, `pushing blob ${digest}`);
    return describeBytes(bytes, 'application/octet-stream', algorithm);
  }

  /** PUTs manifest bytes under a tag or digest, whatever the answer. */
  putManifest(name: string, reference: string, manifest: Pick<Content, 'mediaType' | 'bytes'>, query: Query = {}): Promise<HttpResponse> {
    return this.http.put(withQuery(`/v2/${name}/manifests/${reference}`, query), manifest.bytes, { 'Content-Type': manifest.mediaType });
  }

  /** Pushes the blobs and children of some content, but not its own manifest. */
  async pushParts(name: string, content: Content): Promise<void> {
    for (const child of content.children) await this.pushContent(name, child);
    for (const blob of content.blobs) await this.pushBlob(name, blob, content.algorithm);
  }

  async push(name: string, builder: ContentBuilder): Promise<Content> {
    const content = builder.build();
    await this.pushContent(name, content);
    return content;
  }

  async pushContent(name: string, content: Content): Promise<void> {
    await this.pushParts(name, content);
    for (const reference of content.tags.length ? content.tags : [content.digest]) {
      expectStatus(await this.putManifest(name, reference, content), 201, `pushing manifest ${reference}`);
    }
  }

  async tags(name: string): Promise<string[]> {
    const response = await this.http.get(`/v2/${name}/tags/list`);
    expectStatus(response, 200, 'listing tags');
    return response.json<{ tags: string[] }>().tags;
  }

  async referrers(name: string, subject: Digest): Promise<Descriptor[]> {
    const response = await this.http.get(`/v2/${name}/referrers/${subject}`);
    expectStatus(response, 200, 'listing referrers');
    return response.json<{ manifests: Descriptor[] }>().manifests;
  }

  /** The digest a manifest reference or blob stands for, or null where the registry has none. */
  async resolve(name: string, kind: 'manifests' | 'blobs', reference: string): Promise<string | null> {
    const response = await this.http.head(`/v2/${name}/${kind}/${reference}`, kind === 'manifests' ? acceptManifests : {});
    return response.status === 404 ? null : response.need('Docker-Content-Digest');
  }
}

/** The request target of an answer's Location, be it relative or absolute. */
export function targetOf(response: HttpResponse): string {
  const location = response.need('Location');
  if (location.startsWith('/')) return location;
  const { pathname, search } = new URL(location);
  return pathname + search;
}

/** Adds parameters to a target that may have some already. */
export function withQuery(target: string, query: Query): string {
  const pairs = Object.entries(query).flatMap(([key, value]) => [value].flat().map((one) => `${key}=${encodeURIComponent(one)}`));
  return pairs.length ? `${target}${target.includes('?') ? '&' : '?'}${pairs.join('&')}` : target;
}

function expectStatus(response: HttpResponse, status: number, doing: string): void {
  if (response.status !== status) throw new Error(`${doing}: expected ${status}, got ${response.status} ${response.text().slice(0, 500)}`);
}
