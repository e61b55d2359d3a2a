// An array as PostgreSQL takes it in binary: dimensions, whether there are nulls, the elements' type, length, first index; then each element with
// its length. As text every element would be quoted here and unquoted there, and bytes sent as hexadecimal digits: for the references of a
// manifest that costs more than the rest of its parameters.
const oids = { boolean: 16, bytea: 17, bigint: 20, int: 23, text: 25 } as const;
const emptyLength = 12;
const headLength = 20;
const lengthLength = 4;

/** The array without its elements, whose bytes, lengths included, are so many. */
function begin(type: keyof typeof oids, { count, bytes, nulls = false }: { count: number; bytes: number; nulls?: boolean }): Buffer {
  const array = Buffer.allocUnsafe(count === 0 ? emptyLength : headLength + bytes);
  array.writeInt32BE(count === 0 ? 0 : 1, 0);
  array.writeInt32BE(nulls ? 1 : 0, 4);
  array.writeInt32BE(oids[type], 8);
  if (count === 0) return array;
  array.writeInt32BE(count, 12);
  array.writeInt32BE(1, 16);
  return array;
}

function varying(type: 'bytea' | 'text', elements: readonly (Uint8Array | null)[]): Buffer {
  const bytes = elements.reduce((sum, element) => sum + lengthLength + (element?.length ?? 0), 0);
  const array = begin(type, { count: elements.length, bytes, nulls: elements.includes(null) });
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
  return varying('bytea', values);
}

/** A `text[]`. */
export function textArray(values: readonly (string | null)[]): Buffer {
  return varying('text', values.map((value) => (value === null ? null : Buffer.from(value)))); // prettier-ignore
}

/** An `int[]`. */
export function integerArray(values: readonly number[]): Buffer {
  const array = begin('int', { count: values.length, bytes: values.length * 8 });
  let at = headLength;
  for (const value of values) at = array.writeInt32BE(value, array.writeInt32BE(4, at));
  return array;
}

/** A `bigint[]` of safe integers. */
export function bigintArray(values: readonly number[]): Buffer {
  const array = begin('bigint', { count: values.length, bytes: values.length * 12 });
  let at = headLength;
  for (const value of values) {
    at = array.writeInt32BE(8, at);
    at = array.writeInt32BE(Math.floor(value / 2 ** 32), at);
    at = array.writeUInt32BE(value >>> 0, at);
  }
  return array;
}

/** A `boolean[]`. */
export function booleanArray(values: readonly boolean[]): Buffer {
  const array = begin('boolean', { count: values.length, bytes: values.length * 5 });
  let at = headLength;
  for (const value of values) at = array.writeUInt8(value ? 1 : 0, array.writeInt32BE(1, at));
  return array;
}
