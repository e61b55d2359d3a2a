import { PrismaPg } from '@prisma/adapter-pg';
import type pg from 'pg';
import { PrismaClient } from '../generated/client.js';
import { DatabaseUnavailableError } from './database-errors.js';

// Loaded by Database.withPrisma only, and by import(): the client and its compiler cost memory that the api has no use for.

/** Prisma over connections that are there already; closing them stays their owner's business. */
export async function openPrisma(pool: pg.Pool): Promise<PrismaClient> {
  return new PrismaClient({ adapter: new PrismaPg(pool, { disposeExternalPool: false }) });
}

// P1xxx: can't connect, timed out, closed. P2024, P2028, P2037: no connection to be had. P2034: lost to another transaction.
const unavailable = /^(P1\d{3}|P2024|P2028|P2034|P2037)$/;

/** The error beneath Prisma's own, as far as it says that Postgres was not there. */
export function causeOf(error: unknown): unknown {
  const { code, name } = error as { code?: unknown; name?: unknown };
  const gone = name === 'PrismaClientInitializationError' || (typeof code === 'string' && unavailable.test(code));
  return gone ? new DatabaseUnavailableError({ cause: error }) : error;
}
