import { RE2JS } from 're2js';
import { regularExpressionOf } from './glob.js';
import { PatternError } from './pattern-error.js';

const maxLength = 256;
/** Steps that one character of a tag may take: with 128 characters, a match stays below a few milliseconds, whatever the pattern. */
const maxStates = 500;

/**
 * What tags a rule is about: a glob such as `v*`, or a regular expression between slashes such as `/v\d+/`; both stand for the whole tag.
 * Matching takes time linear in the tag's length (RE2), so that no pattern can hang who matches.
 */
export class TagPattern {
  private constructor(
    readonly text: string,
    private readonly expression: RE2JS,
  ) {}

  /** Throws PatternError, also for what RE2 does not know: back-references, look-around. */
  static parse(text: string): TagPattern {
    if (text === '' || text.length > maxLength) throw new PatternError(`a pattern has 1 to ${maxLength} characters`);
    const between = /^\/(.*)\/$/su.exec(text);
    const expression = compile(between ? between[1]! : regularExpressionOf(text));
    if (expression.programSize() > maxStates)
      throw new PatternError(`the pattern is too large (${expression.programSize()} states, at most ${maxStates})`);
    return new TagPattern(text, expression);
  }

  matches(tag: string): boolean {
    return this.expression.matches(tag);
  }
}

function compile(expression: string): RE2JS {
  try {
    return RE2JS.compile(expression);
  } catch (error) {
    throw new PatternError((error as Error).message, { cause: error });
  }
}
