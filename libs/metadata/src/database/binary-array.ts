// An array as PostgreSQL takes it in binary: dimensions, whether there are nulls, the elements' type, length, first index; then each element with
// its length. As text every element would be quoted here and unquoted there, and bytes sent as hexadecimal digits: for the references of a
// manifest that costs more than the rest of its parameters.
const oids = { bool: 16, bytea: 17, int8: 20, int4: 23, text: 25 } as const;
const headLength = 20;

function encode(oid: number, elements: readonly (Uint8Array | null)[]): Buffer {
  const size = elements.reduce((sum, element) => sum + 4 + (element?.length ?? 0), headLength);
  const array = Buffer.allocUnsafe(size);
  array.writeInt32BE(elements.length > 0 ? 1 : 0, 0);
  array.writeInt32BE(elements.includes(null) ? 1 : 0, 4);
  array.writeInt32BE(oid, 8);
  if (elements.length === 0) return array.subarray(0, 12);
  array.writeInt32BE(elements.length, 12);
  array.writeInt32BE(1, 16);
  let at = headLength;
  for (const element of elements) {
    at = array.writeInt32BE(element?.length ?? -1, at);
    if (element) array.set(element, at);
    at += element?.length ?? 0;
  }
  return array;
}

/** A `bytea[]`. */
export function byteaArray(values: readonly (Uint8Array | null)[]): Buffer {
  return encode(oids.bytea, values);
}

/** A `text[]`. */
export function textArray(values: readonly (string | null)[]): Buffer {
  return encode(oids.text, values.map((value) => (value === null ? null : Buffer.from(value)))); // prettier-ignore
}

/** An `int[]`. */
export function integerArray(values: readonly number[]): Buffer {
  return fixed('int4', values, 4, (array, value, at) => array.writeInt32BE(value, at));
}

/** A `bigint[]` of safe integers. */
export function bigintArray(values: readonly number[]): Buffer {
  return fixed('int8', values, 8, (array, value, at) => array.writeBigInt64BE(BigInt(value), at));
}

/** A `boolean[]`. */
export function booleanArray(values: readonly boolean[]): Buffer {
  return fixed('bool', values, 1, (array, value, at) => array.writeUInt8(value ? 1 : 0, at));
}

function fixed<T>(
  type: keyof typeof oids,
  values: readonly T[],
  width: number,
  write: (array: Buffer, value: T, at: number) => void,
): Buffer {
  const elements = Buffer.allocUnsafe(values.length * width);
  values.forEach((value, i) => write(elements, value, i * width));
  return encode(oids[type], values.map((_, i) => elements.subarray(i * width, (i + 1) * width))); // prettier-ignore
}
