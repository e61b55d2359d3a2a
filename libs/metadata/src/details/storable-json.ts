const clean = (text: string): string => text.replaceAll('\0', '\u{fffd}').toWellFormed();

/** As JSON spells NUL and the halves of surrogate pairs, in texts and in names of fields. */
const refused = /\\u(?:0000|d[89a-f])/;

/** The value as JSON without what jsonb refuses though JSON allows it (NUL, lone surrogates, also in names of fields), and without what JSON has no word for. */
export function storableJson(value: object): string {
  const text = JSON.stringify(value);
  // Hardly ever there, and twice as dear to look for in each text by itself.
  if (!refused.test(text)) return text;
  return JSON.stringify(value, (_name, part: unknown) => {
    if (typeof part === 'string') return clean(part);
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).map(([name, field]) => [clean(name), field as unknown]));
  });
}
