import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ChunkSource } from './chunk-source.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

it('holds no chunk that was taken, however long what it is waited beside takes', async () => {
  const chunks: WeakRef<Uint8Array>[] = [];
  const source = new ChunkSource(
    (async function* () {
      for (let at = 0; at < 20; at += 1) {
        await turn();
        const chunk = Buffer.alloc(65_536);
        chunks.push(new WeakRef(chunk));
        yield chunk;
      }
    })(),
  );
  const never = Promise.withResolvers<void>();
  while ((await source.ready(never.promise)) && !source.ended) source.take(65_536);
  await turn();
  collect();
  expect(chunks.filter((chunk) => chunk.deref() !== undefined).length).toBeLessThan(3);
  never.resolve();
});
