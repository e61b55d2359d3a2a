import { withDatabase } from '../testing/index.js';
import { bigintArray, booleanArray, byteaArray, integerArray, textArray } from './binary-array.js';

const database = withDatabase();
const read = async (type: string, value: Buffer) =>
  (await database.sql<{ read: unknown }>(`select $1::${type}[]::text as read`, [value]))[0]!.read;

describe('arrays in binary are what PostgreSQL reads', () => {
  it.each([
    ['text', textArray(['a', null, '', 'b"\\,{} é🚢']), '{a,NULL,"","b\\"\\\\,{} é🚢"}'],
    ['bytea', byteaArray([Buffer.from([0, 255]), null, Buffer.alloc(0)]), '{"\\\\x00ff",NULL,"\\\\x"}'],
    ['int', integerArray([0, -1, 2_147_483_647]), '{0,-1,2147483647}'],
    ['bigint', bigintArray([0, 5_000_000_000, -7, Number.MAX_SAFE_INTEGER]), '{0,5000000000,-7,9007199254740991}'],
    ['boolean', booleanArray([true, false]), '{t,f}'],
    ['text', textArray([]), '{}'],
    ['bigint', bigintArray([]), '{}'],
  ])('%s', async (type, value, expected) => {
    expect(await read(type, value)).toBe(expected);
  });
});
