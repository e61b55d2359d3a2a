import type { OutageReport } from '#jobs';
import type { Logger } from '#platform';

/** One line when something the worker needs is gone, one when it is back. */
export function outageLog(logger: Logger): OutageReport {
  return {
    began: (name, error) => logger.error({ err: error }, `${name} is unavailable; trying until it is back`),
    ended: (name, seconds) => logger.info({ seconds }, `${name} is back`),
  };
}
