import { RegistryError } from '#oci';

/** The deepest nesting a manifest may have; real ones stay below ten. */
const maxDepth = 100;

const quote = 0x22;
const backslash = 0x5c;
const openers: ReadonlySet<number> = new Set([0x7b, 0x5b]);
const closers: ReadonlySet<number> = new Set([0x7d, 0x5d]);

/** Counts brackets outside strings, so that no later walk can meet more depth than it has stack for. */
function depthOf(bytes: Uint8Array): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (inString) {
      if (byte === backslash) i++;
      else if (byte === quote) inString = false;
    } else if (byte === quote) inString = true;
    else if (openers.has(byte)) deepest = Math.max(deepest, ++depth);
    else if (closers.has(byte)) depth--;
  }
  return deepest;
}

/** Reads UTF-8 JSON whose outermost value is an object; throws `manifestInvalid`. */
export function parseJsonObject(bytes: Uint8Array): Record<string, unknown> {
  if (depthOf(bytes) > maxDepth) throw new RegistryError('manifestInvalid', { reason: `nested deeper than ${maxDepth} levels` });
  const value = parseJson(bytes);
  if (!isObject(value)) throw new RegistryError('manifestInvalid', { reason: 'not a JSON object' });
  return value;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    throw new RegistryError('manifestInvalid', { reason: 'not valid JSON', error: (cause as Error).message.slice(0, 200) }, { cause });
  }
}

/** True for what JSON calls an object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
