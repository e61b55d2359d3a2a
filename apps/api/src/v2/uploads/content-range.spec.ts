import { parseContentRange } from './content-range.js';

describe("a chunk's Content-Range", () => {
  it.each(['0-9', 'bytes 0-9', 'bytes=0-9', 'bytes 0-9/10', 'bytes 0-9/*'])('%s', (header) => {
    expect(parseContentRange(header, 10)).toEqual({ start: 0, end: 9 });
  });
  it('may be absent', () => expect(parseContentRange(undefined, 10)).toBeUndefined());
  it('needs no announced length', () => expect(parseContentRange('5-9', undefined)).toEqual({ start: 5, end: 9 }));
  it.each(['', 'x', '9-0', '-9', '0-', '0-9-', '-1-3', '0-99999999999999999', 'bytes */10'])('%j is malformed', (header) => {
    expect(() => parseContentRange(header, undefined)).toThrow(expect.objectContaining({ kind: 'uploadInvalid' }) as Error);
  });
  it('must fit the announced length', () => {
    expect(() => parseContentRange('0-9', 9)).toThrow(expect.objectContaining({ kind: 'sizeInvalid' }) as Error);
  });
});
