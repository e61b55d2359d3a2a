// The built api and everything it imports at its start as one file: it starts in half the time of a thousand modules.
import { build } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './setup-paths.mjs';

// Nest's and pg's optional ones, which aren't installed; what is used by few installations, if at all; and what is instrumented by its name.
const external = [
  '@nestjs/microservices',
  '@nestjs/microservices/*',
  '@nestjs/platform-express',
  '@nestjs/websockets/*',
  '@fastify/multipart',
  '@fastify/static',
  '@fastify/view',
  'class-transformer',
  'class-validator',
  'pg-native',
  '@nestjs/bullmq',
  '@prisma/*',
  'bullmq',
  'ioredis',
  'pg',
];

// What CommonJS modules find in their wrapper, for those within an ES module.
const banner = `import { createRequire as requireOf } from 'node:module';
const require = requireOf(import.meta.url), __filename = import.meta.filename, __dirname = import.meta.dirname;`;

/** Bundles an app of those in the folder `built`, which may start no threads, into `apps/<app>/` there, above `src/`. */
export async function bundle(built, app) {
  await build({
    entryPoints: [join(built, `apps/${app}/src/main.js`)],
    outdir: join(built, 'apps', app),
    absWorkingDir: root,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    sourcemap: true,
    sourcesContent: false,
    external,
    banner: { js: banner },
    plugins: [ownLibraries(built), pinoWithoutCallers, unmappedDependencies],
    logLevel: 'warning',
  });
}

/** Those of this build, not what package.json finds: what was built before. */
function ownLibraries(built) {
  const find = ({ path }) => ({ path: join(built, 'libs', path.slice(1), 'src/index.js') });
  return { name: 'own-libraries', setup: ({ onResolve }) => onResolve({ filter: /^#/ }, find) };
}

// Pino asks who calls it, for transports of files of theirs, which nobody here has. With source maps Node would parse the whole map to answer.
const pinoWithoutCallers = {
  name: 'pino-without-callers',
  setup: ({ onLoad }) => onLoad({ filter: /[\\/]pino[\\/]lib[\\/]caller\.js$/ }, () => ({ contents: 'module.exports = () => [];' })),
};

// Node reads the whole map at the start. Ours is worth it; that of the dependencies takes as long as loading them, so theirs is of one word.
const unmappedDependencies = {
  name: 'unmapped-dependencies',
  setup({ onLoad }) {
    const map = Buffer.from(JSON.stringify({ version: 3, sources: ['dependency'], mappings: 'AAAA' })).toString('base64');
    onLoad({ filter: /[\\/]node_modules[\\/].*\.[cm]?js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      return { contents: `${source}\n//# sourceMappingURL=data:application/json;base64,${map}`, loader: 'js' };
    });
  },
};
