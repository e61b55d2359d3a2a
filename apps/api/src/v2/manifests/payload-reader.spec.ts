import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { BufferBudget } from '#cas';
import { RegistryError } from '#oci';
import { RequestBody } from '../../edge/request-body.js';
import { PayloadReader } from './payload-reader.js';

const size = 1_000_000;
const clients: Socket[] = [];
let server: Server;
let memory: BufferBudget;
/** What requests do with their bytes: nothing more until it is opened. */
let gate: PromiseWithResolvers<void>;

beforeEach(async () => {
  memory = new BufferBudget({ bytes: 4 * 1024 * 1024 });
  gate = Promise.withResolvers();
  const reader = new PayloadReader(memory, 400);
  server = createServer((request, response) => {
    const read = reader.read(new RequestBody(request, response, 60_000), async (payload) => {
      if (request.url === '/hold') await gate.promise;
      return payload.length;
    });
    void read.then(
      (length) => response.end(`read ${length}`),
      (error: unknown) => response.end(error instanceof RegistryError ? error.kind : String(error)),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => {
  gate.resolve();
  clients.splice(0).forEach((client) => client.destroy());
  server.close();
});

/** Sends a request, perhaps without its end; answers the body of the answer once that is complete. */
function send(path: string, head: string, body: Uint8Array | string = ''): { client: Socket; answer: Promise<string> } {
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  clients.push(client);
  client.write(`PUT ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${head}\r\n\r\n`);
  client.write(body);
  let text = '';
  client.on('data', (bytes: Buffer) => (text += bytes.toString()));
  client.on('error', () => undefined);
  const answer = once(client, 'close').then(() => /read \d+|[a-z]+[A-Z]\w+|busy/.exec(text.slice(text.indexOf('\r\n\r\n')))?.[0] ?? text);
  return { client, answer };
}

const whole = (path: string, bytes: number) => send(path, `Content-Length: ${bytes}`, Buffer.alloc(bytes, ' ')).answer;

it('a body waits for its share, bounded; a small one need not', async () => {
  const holding = Array.from({ length: 4 }, () => whole('/hold', size));
  const waiting = whole('/', size);
  expect(await whole('/', 60_000)).toBe('read 60000');
  expect(await waiting).toBe('busy');
  gate.resolve();
  expect(await Promise.all(holding)).toEqual(Array(4).fill(`read ${size}`));
  expect(await whole('/', size)).toBe(`read ${size}`);
  expect(memory.free).toBe(memory.bytes);
});

it('what is announced counts before it comes, and no longer than the client may take', async () => {
  const stalled = Array.from({ length: 4 }, () => send('/', `Content-Length: ${size}`, Buffer.alloc(size - 1)).answer);
  expect(await Promise.all(stalled)).toEqual(Array(4).fill('uploadInterrupted'));
  expect(memory.free).toBe(memory.bytes);
});

it('a client that drips is cut off, though it never falls silent', async () => {
  const { client, answer } = send('/', `Content-Length: ${size}`, Buffer.alloc(size / 2));
  const drip = setInterval(() => client.write(' '), 10);
  expect(await answer).toBe('uploadInterrupted');
  clearInterval(drip);
  expect(memory.free).toBe(memory.bytes);
});

it('a body of unknown length takes the most it may need, and keeps what it needed', async () => {
  const body = `${size.toString(16)}\r\n${' '.repeat(size)}\r\n`;
  const { client, answer } = send('/hold', 'Transfer-Encoding: chunked', body);
  expect(await whole('/', 60_000)).toBe('read 60000');
  const waiting = whole('/', 2 * size);
  client.write('0\r\n\r\n');
  expect(await waiting).toBe(`read ${2 * size}`);
  gate.resolve();
  expect(await answer).toBe(`read ${size}`);
});
