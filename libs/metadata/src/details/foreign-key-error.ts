/** True where Prisma says that a row pointed at is not there. */
export function isForeignKeyError(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'P2003';
}
