/** Repeats a check, as a client that tries again would, until it holds; its last complaint is thrown when it does not in time. */
export async function eventually<Result>(check: () => Promise<Result>, withinMs = 20_000): Promise<Result> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resume) => setTimeout(resume, 50));
    }
  }
}
