const passwordInUrl = /\b([a-z][a-z0-9+.-]*:\/\/[^\s:/?#"@]*):[^\s/?#"@]+@/gi;

/** How a line that pino made is written: as JSON, or as text for people; in both, passwords within URLs are blanked. */
export function loggedAs(format: 'json' | 'text'): (json: string) => string {
  const withoutPasswords = (json: string) => (json.includes('://') ? json.replace(passwordInUrl, '$1:***@') : json);
  return format === 'json' ? withoutPasswords : (json) => textOf(withoutPasswords(json));
}

interface LogRecord {
  readonly level: string;
  readonly time: string;
  readonly process: string;
  readonly msg?: string;
  readonly err?: { readonly message?: string; readonly stack?: string };
  readonly [field: string]: unknown;
}

function textOf(json: string): string {
  const { level, time, process, pid: _pid, msg = '', err, ...fields } = JSON.parse(json) as LogRecord;
  const details = Object.entries(fields).map(([name, value]) => ` ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const failure = err === undefined ? '' : `\n  ${(err.stack ?? err.message ?? '').replaceAll('\n', '\n  ')}`;
  return `${time.slice(11, 23)} ${level.toUpperCase().padEnd(5)} ${process}: ${msg}${details.join('')}${failure}\n`;
}
