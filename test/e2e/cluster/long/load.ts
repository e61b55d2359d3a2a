import { anImage } from '../../../support/builders.js';
import type { Registry } from '../../../support/registry.js';

/** Clients that push and pull without end, and note how they were answered. */
export class Load {
  readonly statuses = new Map<number, number>();
  /** 503s that did not say when to come again, and connections that broke. */
  readonly complaints: string[] = [];
  private over = false;
  private readonly running: Promise<unknown>;

  constructor(clients: readonly Registry[], name: string) {
    this.running = Promise.all(clients.flatMap((client) => [this.push(client, name), this.pull(client, name)]));
  }

  async stop(): Promise<void> {
    this.over = true;
    await this.running;
  }

  /** Statuses other than success and 503. */
  get surprising(): number[] {
    return [...this.statuses.keys()].filter((status) => status !== 503 && (status < 200 || status > 299));
  }

  private async push(client: Registry, name: string): Promise<void> {
    const { blobs } = anImage().withLayers(1, 2_000).build();
    for (let at = 0; !this.over; at += 1) {
      await this.ask(() => client.http.post(`/v2/${name}/blobs/uploads/`));
      if (at % 4 === 0) await this.ask(() => client.pushBlob(name, blobs[1]!).then(() => ({ status: 201, header: () => undefined })));
    }
  }

  private async pull(client: Registry, name: string): Promise<void> {
    while (!this.over) await this.ask(() => client.http.get(`/v2/${name}/manifests/v1`));
  }

  private async ask(send: () => Promise<{ status: number; header(name: string): string | undefined }>): Promise<void> {
    try {
      const answer = await send();
      this.statuses.set(answer.status, (this.statuses.get(answer.status) ?? 0) + 1);
      if (answer.status === 503 && !(Number(answer.header('Retry-After')) > 0)) this.complaints.push('a 503 without Retry-After');
    } catch (error) {
      // A push in several requests says what it was refused with.
      const { message } = error as Error;
      if (!message.includes('got 503')) this.complaints.push(message);
    }
    await new Promise((resume) => setTimeout(resume, 5));
  }
}
