import { once } from 'node:events';
import { createServer } from 'node:http';
import { announceReady, loadSettings, onShutdown, settingsExitCode } from '#platform';

/**
 * A child in the place of api or worker. The word it is given says how it behaves: "api" listens and answers its pid (`/slow` when it is
 * told to end), "worker" only lives, "stubborn" does not finish, "lingering" outlives its supervisor, "unusable" finds its settings wrong.
 */
const behaviour = process.argv[2];
const settings = loadSettings();
const ending = new AbortController();

if (behaviour === 'unusable') process.exit(settingsExitCode);

const server = createServer((request, response) => {
  const answer = () => response.end(String(process.pid));
  if (request.url !== '/slow') return answer();
  response.writeHead(200).write('begun ');
  ending.signal.addEventListener('abort', answer);
});
if (behaviour === 'api') await once(server.listen(settings.listen.port, settings.listen.host), 'listening');

const finish = async () => {
  if (behaviour === 'stubborn') await new Promise(() => undefined);
  const closed = once(server, 'close');
  server.close();
  ending.abort();
  if (server.listening) await closed;
};

if (behaviour === 'lingering') process.once('SIGTERM', () => process.exit(0));
else onShutdown(finish, 600);
setInterval(() => undefined, 60_000);
announceReady();
