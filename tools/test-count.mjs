// What jest itself says of its run.
import { existsSync, readFileSync } from 'node:fs';

/** Tests passed, failed and skipped; a suite that could not run, or a run that left no result, is one failure. */
export function countTests(file) {
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 };
  const result = JSON.parse(readFileSync(file, 'utf8'));
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
  return {
    passed: result.numPassedTests,
    failed: failed === 0 && !result.success ? 1 : failed,
    skipped: result.numPendingTests + result.numTodoTests,
  };
}
