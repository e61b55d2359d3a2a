import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { SilentClients } from './silent-clients.js';

const idle = 300;
/** More than the buffers of both ends of a connection take. */
const large = Buffer.alloc(64 * 1024 * 1024, 'x');

describe('a client', () => {
  let server: Server;
  let client: Socket;
  let answer: PromiseWithResolvers<void>;

  beforeEach(async () => {
    answer = Promise.withResolvers();
    server = createServer((request, response) => {
      silent.began(request, response);
      if (request.url === '/large') response.end(large);
      else void answer.promise.then(() => response.end('late'));
    });
    const silent = new SilentClients(server, idle);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    client = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
  });
  afterEach(() => {
    client.destroy();
    server.closeAllConnections();
    server.close();
  });

  const theirEnd = async () => (await once(server, 'connection'))[0] as Socket;
  const ask = (path: string) => client.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);

  it('that takes nothing of a large answer is cut off', async () => {
    const socket = await theirEnd();
    client.pause();
    ask('/large');
    await once(socket, 'close');
    expect(socket.bytesWritten).toBeGreaterThan(0);
  });

  it('that says nothing more is cut off', async () => {
    const socket = await theirEnd();
    ask('/later');
    answer.resolve();
    await once(socket, 'close');
    expect(socket.bytesWritten).toBeGreaterThan(0);
  });

  it('that waits for us is not, however long it takes', async () => {
    const socket = await theirEnd();
    ask('/later');
    await once(socket, 'timeout');
    answer.resolve();
    const [bytes] = (await once(client, 'data')) as [Buffer];
    expect(bytes.toString()).toContain('late');
  });
});
