import type { BufferBudget, Reservation } from '#cas';
import { RegistryError } from '#oci';

/** A share of what all requests of this process have together; throws `busy` where it isn't free in time. */
export async function reserve(budget: BufferBudget, amount: number, withinMilliseconds: number): Promise<Reservation> {
  const signal = AbortSignal.timeout(withinMilliseconds);
  try {
    return await budget.reserve(amount, signal);
  } catch (error) {
    throw signal.aborted ? new RegistryError('busy', undefined, { cause: error }) : error;
  }
}
