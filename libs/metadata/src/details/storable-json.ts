const clean = (text: string): string => text.replaceAll('\0', '\u{fffd}').toWellFormed();

/** The value without what jsonb refuses though JSON allows it (NUL, lone surrogates, also in names of fields), and without what JSON has no word for. */
export function toStorableJson(value: object): object {
  const text = JSON.stringify(value, (_name, part: unknown) => {
    if (typeof part === 'string') return clean(part);
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).map(([name, field]) => [clean(name), field as unknown]));
  });
  return JSON.parse(text) as object;
}
