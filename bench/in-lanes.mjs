/** Does something about each, so many at once. */
export async function inLanes(all, count, work) {
  const queue = all.values();
  const lane = async () => {
    for (const one of queue) await work(one);
  };
  await Promise.all(Array.from({ length: count }, lane));
}
