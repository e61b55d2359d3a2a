/** How long one operation takes when nothing else is asked, how many a second eight clients get, and what each of those costs in `processor()`. */
export async function measure(operation, processor, seconds) {
  await repeat(operation, { clients: 1, seconds: seconds / 5 });
  const { times } = await repeat(operation, { clients: 1, seconds });
  const before = processor();
  const { perSecond, times: among } = await repeat(operation, { clients: 8, seconds });
  return { times, perSecond, processorMs: ((processor() - before) / among.length) * 1_000 };
}

async function repeat(operation, { clients, seconds }) {
  const times = [];
  const begun = performance.now();
  const until = begun + seconds * 1_000;
  const loop = async () => {
    for (let now = performance.now(); now < until;) {
      await operation();
      const then = performance.now();
      times.push(then - now);
      now = then;
    }
  };
  await Promise.all(Array.from({ length: clients }, loop));
  return { times, perSecond: (times.length / (performance.now() - begun)) * 1_000 };
}

/** Of all rounds: p10 (what a busy machine hides least) and p50 of their times together, the medians of their p99s, rates and costs, and each one's own median. */
export function summarise(rounds) {
  const each = rounds.map((round) => sorted(round.times));
  const times = sorted(each.flat());
  return {
    samples: times.length,
    p10Ms: at(times, 0.1),
    p50Ms: at(times, 0.5),
    p99Ms: at(sorted(each.map((one) => at(one, 0.99))), 0.5),
    perSecond: at(sorted(rounds.map((round) => round.perSecond)), 0.5),
    processorMs: at(sorted(rounds.map((round) => round.processorMs)), 0.5),
    medians: each.map((one) => at(one, 0.5)),
  };
}

const sorted = (values) => values.toSorted((a, b) => a - b);
const at = (values, share) => values[Math.min(values.length - 1, Math.floor(values.length * share))];
