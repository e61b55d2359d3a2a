import { measure } from './measurement.mjs';

/** A share of foreign CPU above which a measurement is made again. */
const disturbedShare = 0.1;
const mostAttempts = 3;

/** Measures a row on every server that has to do with it, in turn, round after round; answers what was measured, by server. */
export async function compare(row, servers, rounds) {
  const taking = servers.filter((server) => (row.alone ? server === servers[0] : row.files || !server.isFileServer));
  const measured = Object.fromEntries(taking.map(({ name }) => [name, []]));
  for (let round = 0; round < (row.alone ? 1 : rounds); round += 1) {
    for (const at of taking.keys()) {
      // Another server begins each round, so that none always comes after the same one.
      const server = taking[(at + round) % taking.length];
      measured[server.name].push(await quietest(row, server, servers));
    }
  }
  return measured;
}

async function quietest(row, server, servers) {
  const others = servers.filter((one) => one !== server);
  let best = null;
  for (let attempt = 1; attempt <= (row.alone ? 1 : mostAttempts); attempt += 1) {
    const figures = await measure(row, server, others);
    if (figures.failure) return figures;
    if (best === null || figures.foreignShare < best.foreignShare) best = figures;
    if (best.foreignShare <= disturbedShare) break;
  }
  return best;
}
