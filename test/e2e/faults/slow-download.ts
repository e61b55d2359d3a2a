import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';

/** A download whose reader stops after the first bytes, until it is told to go on. */
export class SlowDownload {
  private constructor(
    private readonly response: IncomingMessage,
    private readonly first: Buffer,
  ) {}

  static async begin(url: string): Promise<SlowDownload> {
    const request = get(url, { agent: false });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    if (response.statusCode !== 200) throw new Error(`${url} answers ${response.statusCode}`);
    const [first] = (await once(response, 'data')) as [Buffer];
    response.pause();
    return new SlowDownload(response, first);
  }

  /** Reads the rest and answers the digest of all of it. */
  async finish(): Promise<string> {
    const hash = createHash('sha256').update(this.first);
    for await (const bytes of this.response) hash.update(bytes as Buffer);
    return `sha256:${hash.digest('hex')}`;
  }

  abandon(): void {
    this.response.destroy();
  }
}
