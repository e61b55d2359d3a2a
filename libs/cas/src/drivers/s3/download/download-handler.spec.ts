import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { buffer } from 'node:stream/consumers';
import * as tls from 'node:tls';
import { ReadBuffers } from '../../../buffers/read-buffers.js';
import { temporaryFolder } from '../../../testing/index.js';
import { DownloadHandler, DownloadStream } from './download-handler.js';

const megabyte = 1_000_000;
const ok = (length: number, more = '') => `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n${more}\r\n`;

describe('downloads from a store', () => {
  const buffers = new ReadBuffers();
  let handler: DownloadHandler;
  let server: Server;
  let port: number;
  let sockets: Socket[];
  let asked: string[];
  let answer: (socket: Socket) => void;

  const serve = async (made: Server) => {
    server = made.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  };
  const accept = (socket: Socket) => {
    sockets.push(socket);
    // Those who leave in the middle reset it.
    socket.on('error', () => undefined);
    socket.on('data', (head) => {
      asked.push(head.toString());
      answer(socket);
    });
  };

  beforeEach(() => {
    [sockets, asked, handler] = [[], [], new DownloadHandler(buffers)];
  });
  afterEach(async () => {
    handler.destroy();
    sockets.forEach((socket) => socket.destroy());
    await new Promise((resolve) => server.close(resolve));
    expect(buffers.lent).toBe(0);
  });

  async function get(protocol = 'http:') {
    const headers = { host: 'store', range: 'bytes=0-' };
    const request = { protocol, hostname: '127.0.0.1', port, path: '/bucket/key', query: { 'x-id': 'Get Object', empty: null }, headers };
    const { response } = await handler.handle(request);
    return { status: response.statusCode, headers: response.headers, stream: response.body };
  }
  const getAll = async (protocol?: string) => buffer((await get(protocol)).stream);

  it('come over one connection, one after the other', async () => {
    await serve(createServer(accept));
    const bytes = randomBytes(3 * megabyte);
    answer = (socket) => void (socket.write(ok(bytes.length)), socket.write(bytes));
    for (let round = 0; round < 5; round += 1) expect((await getAll()).equals(bytes)).toBe(true);
    expect(sockets).toHaveLength(1);
    expect(asked[0]).toBe('GET /bucket/key?x-id=Get%20Object&empty= HTTP/1.1\r\nhost: store\r\nrange: bytes=0-\r\n\r\n');
  });

  it('are whole however their head is cut', async () => {
    await serve(createServer(accept));
    const all = Buffer.from(`HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n${ok(5, 'X-Two: a\r\nX-Two: b\r\n')}bytes`);
    answer = (socket) => {
      socket.setNoDelay();
      const send = (at: number) => at < all.length && socket.write(all.subarray(at, at + 1), () => setImmediate(send, at + 1));
      send(0);
    };
    const { status, headers, stream } = await get();
    expect([status, headers['x-two'], (await buffer(stream)).toString()]).toEqual([200, 'a, b', 'bytes']);
  });

  it('are empty where nothing is announced', async () => {
    await serve(createServer(accept));
    answer = (socket) => void socket.write(ok(0));
    expect([await getAll(), await getAll()].map(({ length }) => length)).toEqual([0, 0]);
    expect(sockets).toHaveLength(1);
  });

  it.each([
    ['announced', 'HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nerror', false],
    ['chunked', 'HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n2\r\ner\r\n3;x=y\r\nror\r\n0\r\n\r\n', false],
    ['ended by its connection', 'HTTP/1.1 404 Not Found\r\n\r\nerror', true],
  ])('end in an error that is %s', async (_how, text, ends) => {
    await serve(createServer(accept));
    answer = (socket) => void (ends ? socket.end(text) : socket.write(text));
    const { status, stream } = await get();
    expect([status, (await buffer(stream)).toString()]).toEqual([404, 'error']);
  });

  it.each([
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n', 'no HTTP'],
    ['more than it says', `${ok(1)}ab`, 'longer'],
    ['an endless head', `HTTP/1.1 200 OK\r\nA: ${'a'.repeat(100_000)}`, 'too long a head'],
    ['no usable length', 'HTTP/1.1 200 OK\r\nContent-Length: 1e3\r\n\r\n', 'usable length'],
  ])('fail where the answer is %s', async (_what, text, message) => {
    await serve(createServer(accept));
    answer = (socket) => void socket.write(text);
    await expect(get()).rejects.toThrow(message);
  });

  it('fail with a code where nobody answers, or the connection breaks', async () => {
    await serve(createServer(accept));
    answer = (socket) => void socket.destroy();
    await expect(get()).rejects.toMatchObject({ code: 'ECONNRESET' });
    answer = (socket) => void socket.write(`${ok(10)}half`, () => socket.destroy());
    const { stream } = await get();
    await expect(buffer(stream)).rejects.toMatchObject({ code: 'ECONNRESET' });
    const open = port;
    port = 1;
    await expect(get()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    port = open;
  });

  it('use no connection again that was left, or is to be closed', async () => {
    await serve(createServer(accept));
    const bytes = randomBytes(10 * megabyte);
    answer = (socket) => void (socket.write(ok(bytes.length)), socket.write(bytes));
    const { stream } = await get();
    expect(stream).toBeInstanceOf(DownloadStream);
    await (stream as DownloadStream).incoming.next();
    await (stream as DownloadStream).incoming.return();
    answer = (socket) => void socket.write(`${ok(1, 'Connection: close\r\n')}a`);
    await getAll();
    await getAll();
    expect(sockets).toHaveLength(3);
  });

  it('notice that a kept connection was closed', async () => {
    await serve(createServer(accept));
    answer = (socket) => void socket.write(`${ok(1)}a`);
    await getAll();
    sockets[0]!.end();
    await once(sockets[0]!, 'close');
    await getAll();
    expect(sockets).toHaveLength(2);
  });

  it('refuse a request that would become two', async () => {
    await serve(createServer(accept));
    const headers = { host: 'store\r\nx: y' };
    await expect(handler.handle({ protocol: 'http:', hostname: '127.0.0.1', port, path: '/', headers })).rejects.toThrow(TypeError);
  });

  const withOpenssl = spawnSync('openssl', ['version']).status === 0 ? describe : describe.skip;
  withOpenssl('over TLS', () => {
    const bytes = randomBytes(5 * megabyte);
    const trusted = tls.getCACertificates('default');
    let cert: Buffer;

    beforeEach(async () => {
      const folder = await temporaryFolder();
      const [keyFile, certFile] = [join(folder.path, 'key.pem'), join(folder.path, 'cert.pem')];
      const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
      const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
      execFileSync('openssl', ['req', '-x509', ...curve, ...names, '-keyout', keyFile, '-out', certFile], { stdio: 'ignore' });
      cert = readFileSync(certFile);
      await serve(tls.createServer({ key: readFileSync(keyFile), cert }, accept));
      await folder.remove();
      answer = (socket) => void (socket.write(ok(bytes.length)), socket.write(bytes));
    });
    afterEach(() => tls.setDefaultCACertificates(trusted));
    const trust = () => tls.setDefaultCACertificates([...trusted, cert.toString()]);

    it('come from whom the machine trusts, and from nobody else', async () => {
      await expect(getAll('https:')).rejects.toThrow('self-signed');
      trust();
      for (let round = 0; round < 2; round += 1) expect((await getAll('https:')).equals(bytes)).toBe(true);
      expect(sockets).toHaveLength(1);
      sockets[0]!.end();
      await once(sockets[0]!, 'close');
      expect((await getAll('https:')).equals(bytes)).toBe(true);
      expect((sockets[1] as tls.TLSSocket).isSessionReused()).toBe(true);
    });

    // What TLS has deciphered it gives, whether there is room or not.
    it.each([0, 1, 24])('are whole for a client slower than the store, with %i large buffers', async (large) => {
      trust();
      handler.destroy();
      handler = new DownloadHandler(new ReadBuffers({ bytes: large * 1024 * 1024 }));
      for (let round = 0; round < 3; round += 1) {
        const { stream } = await get('https:');
        const chunks: Buffer[] = [];
        for await (const chunk of (stream as DownloadStream).incoming) {
          await pause(1);
          chunks.push(Buffer.from(chunk));
        }
        expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
      }
      expect(sockets).toHaveLength(1);
    });

    it('fail where there is more than it says', async () => {
      trust();
      answer = (socket) => void socket.write(Buffer.concat([Buffer.from(ok(100_000)), bytes.subarray(0, 110_000)]));
      const { stream } = await get('https:');
      await expect(buffer(stream)).rejects.toThrow();
    });
  });
});
