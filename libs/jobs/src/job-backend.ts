import type { ConnectionOptions, Queue } from 'bullmq';
import type { Outage } from './outage.js';

/** Where BullMQ keeps its queues. One per process, shared by producers and consumers; nothing in it can't be rebuilt from the outbox. */
export interface JobBackend {
  /** What BullMQ's `Worker` (and `BullModule.forRoot`) need; they never give up connecting. */
  readonly consumers: { readonly connection: ConnectionOptions; readonly prefix: string };
  /** The state of the connection; BullMQ's errors belong in here. */
  readonly outage: Outage;
  /** A queue to add to; its calls fail fast while the backend is gone. */
  openQueue(name: string): Queue;
  close(): Promise<void>;
}
