/** What decides whether rows of upload sessions may be written behind. */
interface Given {
  readonly UPLOAD_WRITE_BEHIND_MS: number | 'auto';
  readonly API_PROCESSES: number | 'auto';
  readonly DATABASE_URL?: string;
  readonly SWEEP_MIN_AGE_SECONDS: number;
  readonly UPLOAD_EXPIRY_SECONDS: number;
}

const automaticMs = 50;
/** A session without a row, and the statement that makes its blob, must be over before a sweep looks at its bytes. */
const leastSweepAge = 120;

/** In seconds: what no row names may be on its way to one, for as long as an upload may take. */
export function sweepAgeOf({ SWEEP_MIN_AGE_SECONDS, UPLOAD_EXPIRY_SECONDS }: Given): number {
  return Math.max(SWEEP_MIN_AGE_SECONDS, UPLOAD_EXPIRY_SECONDS);
}

function isSweepLater(given: Given): boolean {
  return sweepAgeOf(given) >= leastSweepAge;
}

export function isWriteBehindSafe(given: Given): boolean {
  const { UPLOAD_WRITE_BEHIND_MS: asked, API_PROCESSES } = given;
  return asked === 'auto' || asked === 0 || (API_PROCESSES === 1 && isSweepLater(given));
}

export const writeBehindUnsafe = {
  path: ['UPLOAD_WRITE_BEHIND_MS'],
  error: `must be 0 or auto unless API_PROCESSES is 1 and SWEEP_MIN_AGE_SECONDS at least ${leastSweepAge}`,
};

/** Only who starts all processes, and has a database that nobody else has, knows by itself that there is one api process. */
export function writeBehindOf(given: Given, apiProcesses: number): number {
  if (given.UPLOAD_WRITE_BEHIND_MS !== 'auto') return given.UPLOAD_WRITE_BEHIND_MS;
  const alone = given.DATABASE_URL === undefined && apiProcesses === 1;
  return alone && isSweepLater(given) ? automaticMs : 0;
}
