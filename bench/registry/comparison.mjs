import { measure } from './measurement.mjs';

/** Measures a row on every server that has to do with it, in turn, round after round; answers what was measured, by server. */
export async function compare(row, servers, { rounds, patience }) {
  const taking = servers.filter((server) => (row.alone ? server === servers[0] : row.files || !server.isFileServer));
  const measured = Object.fromEntries(taking.map(({ name }) => [name, []]));
  for (let round = 0; round < (row.alone ? 1 : rounds); round += 1) {
    for (const at of taking.keys()) {
      // Another server begins each round, so that none always comes after the same one.
      const server = taking[(at + round) % taking.length];
      const others = servers.filter((one) => one !== server);
      const once = () => measure(row, server, { others, patience });
      measured[server.name].push(await (row.alone ? once() : patience.leastDisturbed(once)));
    }
  }
  return measured;
}
