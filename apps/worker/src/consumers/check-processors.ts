/** Throws one line that names every job without exactly one processor, and every processor without a job. */
export function checkProcessors(jobs: readonly string[], processed: readonly string[]): void {
  const problems = [
    ...jobs.filter((job) => !processed.includes(job)).map((job) => `"${job}" has no processor`),
    ...jobs.filter((job) => processed.indexOf(job) !== processed.lastIndexOf(job)).map((job) => `"${job}" has several processors`),
    ...processed.filter((job) => !jobs.includes(job)).map((job) => `the processor of "${job}" has no job`),
  ];
  if (problems.length > 0) throw new Error(`jobs and processors do not match: ${[...new Set(problems)].join(', ')}`);
}
