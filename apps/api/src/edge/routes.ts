/** A resource of the distribution spec ("Endpoints") or one beside it: the shape of its path, the methods it answers, and how its controllers spell it. */
interface Resource {
  readonly pattern: RegExp;
  readonly methods: readonly string[];
  readonly rewrite?: (name: string, last: string) => string;
}

/**
 * Tried in this order. Names may contain slashes and even the words `blobs`, `uploads` or `tags/list`, so the name is the greedy part: only
 * the end of a path says what it is.
 */
const resources: readonly Resource[] = [
  { pattern: /^\/v2\/?$/, methods: ['GET', 'HEAD'] },
  { pattern: /^\/v2\/_catalog\/?$/, methods: ['GET', 'HEAD'] },
  { pattern: /^\/health\/(?:live|ready)\/?$/, methods: ['GET', 'HEAD'] },
  { pattern: /^\/v2\/(.*)\/blobs\/uploads(\/?)$/, methods: ['POST'], rewrite: (name) => `/v2/${name}/blobs/uploads` },
  {
    pattern: /^\/v2\/(.*)\/blobs\/uploads\/([^/]+)\/?$/,
    methods: ['GET', 'HEAD', 'PATCH', 'PUT', 'DELETE'],
    rewrite: (name, last) => `/v2/${name}/blobs/uploads/${last}`,
  },
  { pattern: /^\/v2\/(.*)\/blobs\/([^/]+)\/?$/, methods: ['GET', 'HEAD', 'DELETE'], rewrite: (name, last) => `/v2/${name}/blobs/${last}` },
  {
    pattern: /^\/v2\/(.*)\/manifests\/([^/]+)\/?$/,
    methods: ['GET', 'HEAD', 'PUT', 'DELETE'],
    rewrite: (name, last) => `/v2/${name}/manifests/${last}`,
  },
  { pattern: /^\/v2\/(.*)\/tags\/list(\/?)$/, methods: ['GET', 'HEAD'], rewrite: (name) => `/v2/${name}/tags/list` },
  { pattern: /^\/v2\/(.*)\/referrers\/([^/]+)\/?$/, methods: ['GET', 'HEAD'], rewrite: (name, last) => `/v2/${name}/referrers/${last}` },
];

/**
 * Makes one path segment of a repository name, as the router needs it: `/v2/a/b/tags/list` and `/v2/a%2Fb/tags/list` both become
 * `/v2/a%2Fb/tags/list`. What matches no resource stays as it is.
 */
export function rewriteUrl(url: string): string {
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  for (const { pattern, rewrite } of resources) {
    const match = pattern.exec(path);
    if (!match) continue;
    if (!rewrite) return url;
    return rewrite(segmentOf(match[1] ?? ''), match[2] ?? '') + (query < 0 ? '' : url.slice(query));
  }
  return url;
}

/** The router knows no empty segment, and no text that can't be decoded; what stands for them is no name either, as its parser will say. */
function segmentOf(name: string): string {
  if (name === '') return '%20';
  try {
    return encodeURIComponent(decodeURIComponent(name));
  } catch {
    return encodeURIComponent(name);
  }
}

/** True where a path is a resource of a repository whose name has characters that no name has, and no request line may have. */
export function hasForeignName(path: string): boolean {
  const [, name = ''] = resources.map(({ pattern }) => pattern.exec(path)).find((match) => match !== null) ?? [];
  return /[^\x21-\x7e]/.test(name);
}

/** The methods that a path's resource answers, or null where no resource has such a path. */
export function allowedMethods(url: string): readonly string[] | null {
  const path = url.split('?', 1)[0] ?? '';
  return resources.find(({ pattern }) => pattern.test(path))?.methods ?? null;
}
