export type Cell = string | number | null | undefined;

/** Lines of a table: headings, then a line for each row; numbers to the right. */
export function tableOf<Row>(rows: readonly Row[], columns: Readonly<Record<string, (row: Row) => Cell>>): string[] {
  const names = Object.keys(columns);
  const cells = rows.map((row) => names.map((name) => columns[name]!(row) ?? '-'));
  const widths = names.map((name, at) => Math.max(name.length, ...cells.map((line) => String(line[at]).length)));
  const line = (values: readonly (string | number)[]) =>
    values
      .map((value, at) => (typeof value === 'number' ? String(value).padStart(widths[at]!) : value.padEnd(widths[at]!)))
      .join('  ')
      .trimEnd();
  return [line(names.map((name) => name.toUpperCase())), ...cells.map(line)];
}

/** Lines of `name  value`; what is undefined is left out. */
export function listOf(values: Readonly<Record<string, Cell>>): string[] {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  const width = Math.max(...given.map(([name]) => name.length));
  return given.map(([name, value]) => `${name.padEnd(width)}  ${value ?? '-'}`);
}
