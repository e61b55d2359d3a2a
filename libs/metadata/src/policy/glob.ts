import { PatternError } from './pattern-error.js';

const plain = /[A-Za-z0-9_.-]/;
/** Inside [ ]: characters of tags, and ranges of them; "!" or "^" in front means all others. */
const charactersOf = /^([!^]?)((?:[A-Za-z0-9](?:-[A-Za-z0-9])?|[_.-])+)$/;

/** A glob as a regular expression for a whole tag: `*`, `?`, `[a-z]`, `[!a-z]`, `{one,other}`; everything else stands for itself. Throws PatternError. */
export function regularExpressionOf(glob: string): string {
  let expression = '';
  let depth = 0;
  for (let at = 0; at < glob.length; at += 1) {
    const character = glob[at]!;
    if (character === '[') {
      const end = glob.indexOf(']', at);
      expression += setOf(glob.slice(at + 1, end < 0 ? at + 1 : end));
      at = end;
    } else if (character === '{' || character === '}') {
      depth += character === '{' ? 1 : -1;
      if (depth < 0) throw new PatternError('"}" without "{"');
      expression += character === '{' ? '(?:' : ')';
    } else if (character === ',' && depth > 0) expression += '|';
    else expression += singleOf(character);
  }
  if (depth > 0) throw new PatternError('"{" without "}"');
  return expression;
}

function singleOf(character: string): string {
  if (character === '*') return '.*';
  if (character === '?') return '.';
  if (plain.test(character)) return character === '.' ? '\\.' : character;
  throw new PatternError(`${JSON.stringify(character)} is in no tag; a regular expression stands between slashes`);
}

function setOf(characters: string): string {
  const [, not, set] = charactersOf.exec(characters) ?? [];
  if (set === undefined) throw new PatternError('a set of characters is written like [abc], [a-z0-9] or [!a-z]');
  return `[${not ? '^' : ''}${set.replaceAll('.', '\\.').replaceAll(/(?<![A-Za-z0-9])-|-(?![A-Za-z0-9])/g, '\\-')}]`;
}
