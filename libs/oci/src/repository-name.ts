import { RegistryError } from './errors.js';

/** A valid repository name such as `acme/app`; only {@link parseRepositoryName} makes one (distribution-spec, "Pulling manifests"). */
export type RepositoryName = string & { readonly __brand: 'RepositoryName' };

const component = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const maxLength = 255;

/** The tenant of names that have one component only. */
export const defaultTenant = 'default';

/** Parses a repository name of at most 255 characters; throws `nameInvalid`. */
export function parseRepositoryName(text: string): RepositoryName {
  if (text.length > maxLength || !text.split('/').every((part) => component.test(part))) {
    throw new RegistryError('nameInvalid', { name: text.slice(0, maxLength) });
  }
  return text as RepositoryName;
}

/** The tenant a repository belongs to: its first path component, or `default` where there is only one. */
export function tenantOf(name: RepositoryName): string {
  const slash = name.indexOf('/');
  return slash < 0 ? defaultTenant : name.slice(0, slash);
}
