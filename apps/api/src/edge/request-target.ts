const unreserved = /%(?:2[de]|3\d|4[1-9a-f]|5[\daf]|6[1-9a-f]|7[\dae])/gi;

/**
 * A request target as router and access decisions both read it: the absolute form is its path (RFC 9112, section 3.2.2), a fragment is no part
 * of it, and characters that need no percent-encoding have none (RFC 3986, section 6.2.2.2).
 */
export function normaliseTarget(target: string): string {
  const path = target.startsWith('/') ? target : target.replace(/^https?:\/\/[^/?#]*/i, '');
  const fragment = path.indexOf('#');
  const whole = fragment < 0 ? path : path.slice(0, fragment);
  const rooted = whole.startsWith('/') || whole === '*' ? whole : `/${whole}`;
  return rooted.includes('%') ? decodeUnreserved(rooted) : rooted;
}

/** In the path alone: what a query's values mean is for their readers. */
function decodeUnreserved(target: string): string {
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  return path.replace(unreserved, (encoded) => decodeURIComponent(encoded)) + (query < 0 ? '' : target.slice(query));
}
