import { parseRange } from './byte-range.js';

describe('a Range header against 1,000 bytes', () => {
  it.each([
    ['bytes=0-99', 0, 99],
    ['bytes=500-', 500, 999],
    ['bytes=-500', 500, 999],
    ['bytes=-5000', 0, 999],
    ['bytes=990-2000', 990, 999],
    ['Bytes=0-0', 0, 0],
  ])('%s', (header, start, end) => expect(parseRange(header, 1000)).toEqual({ start, end }));

  it.each([undefined, '', 'bytes=', 'bytes=-', 'bytes=a-b', 'bytes=0-1,5-6', 'lines=0-1', 'bytes 0-1'])('%s is ignored', (header) => {
    expect(parseRange(header, 1000)).toBeNull();
  });

  it.each(['bytes=1000-', 'bytes=1000-1001', 'bytes=500-0', 'bytes=-0'])('%s cannot be satisfied', (header) => {
    expect(() => parseRange(header, 1000)).toThrow(expect.objectContaining({ kind: 'rangeUnsatisfiable' }) as Error);
  });
  it('nothing of an empty blob can be', () => {
    expect(() => parseRange('bytes=0-0', 0)).toThrow(expect.objectContaining({ kind: 'rangeUnsatisfiable' }) as Error);
  });
});
