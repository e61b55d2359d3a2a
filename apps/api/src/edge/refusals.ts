import type { IncomingMessage } from 'node:http';
import { RegistryError } from '#oci';
import { allowedMethods } from './routes.js';

const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);

/** What is said to a request before anything else of it is looked at; null where it may go on. */
export function refusalOf({ method = '', url = '' }: IncomingMessage): RegistryError | null {
  if (!methods.has(method)) return new RegistryError(allowedMethods(url) ? 'methodUnsupported' : 'resourceUnknown');
  return null;
}
