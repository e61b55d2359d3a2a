/** SQL that is prepared once per connection under its name. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** Names a statement; the text must be a constant, since a connection knows only one text by that name. */
export function statement(name: string, text: string): Statement {
  return { name, text: text.trim() };
}
