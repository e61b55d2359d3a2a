/** Failures after which a connection gives up. */
const mostFailures = 3;

/**
 * Lets each connection do one operation after the other until the time is over or `count` were begun; what was begun is finished. Answers how
 * many there were, their bytes, the time of each in milliseconds, sorted, and what went wrong.
 */
export async function closedLoop(operation, connections, { milliseconds, count = Infinity }) {
  const times = [];
  const failures = [];
  let begun = 0;
  let bytes = 0;
  const start = performance.now();
  await Promise.all(
    connections.map(async (connection) => {
      while (begun < count && failures.length < mostFailures && performance.now() - start < milliseconds) {
        begun += 1;
        const from = performance.now();
        try {
          // Awaited first: `bytes += await` would add to what it was before the wait.
          const moved = await operation(connection);
          bytes += moved;
          times.push(performance.now() - from);
        } catch (error) {
          failures.push(error.message);
        }
      }
    }),
  );
  const seconds = (performance.now() - start) / 1_000;
  return { operations: times.length, bytes, seconds, times: Float64Array.from(times).sort(), failures };
}

export const percentile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
