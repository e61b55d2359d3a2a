// `npm test`: everything a change must pass, from a clean clone on. `npm test -- --only static|unit|conformance|replicas|e2e|faults|cluster|cluster-long`
// runs parts (comma-separated); what follows goes to jest: `npm test -- --only e2e skopeo`.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cache } from './setup-paths.mjs';
import { node, setUp } from './setup.mjs';
import { countTests } from './test-count.mjs';
import { isolatedRun } from './test-isolation.mjs';
import { clientsFile, runSetUp } from './test-setup.mjs';
import { runStep } from './test-step.mjs';

const statics = {
  lint: ['node_modules/eslint/bin/eslint.js', 'apps', 'libs', 'test'],
  format: ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'],
  boundaries: ['node_modules/dependency-cruiser/bin/dependency-cruiser.mjs', 'apps', 'libs', 'test'],
  types: ['node_modules/typescript/bin/tsc', '--project', '.'],
  migrations: ['tools/prisma-migrations.mjs', 'check'],
};
const always = ['unit', 'conformance', 'replicas', 'e2e', 'faults', 'cluster'];
/** Minutes of time-outs that are waited for: asked for by name. */
const onDemand = ['cluster-long'];
const suites = [...always, ...onDemand];
/** A suite that is one set-up cannot skip by itself. */
const needed = { replicas: ['nginx', 'redis-server', ...(process.env.REPLICAS_STORAGE === 'filesystem' ? [] : ['radosgw'])] };
/** What only a direct connection shows is left out behind a balancer; elsewhere CI skips nothing. */
const partial = ['replicas'];
const results = join(cache, 'test');
const { parts, jestArgs } = parseArguments(process.argv.slice(2));
const started = Date.now();
const failures = [];
const tests = { passed: 0, failed: 0, skipped: 0 };

rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });
if (await prepare()) await runParts();
conclude();

async function prepare() {
  try {
    await setUp((text) => console.log(text));
  } catch (error) {
    console.error(error.message);
    failures.push('set-up');
  }
  if (parts.some((part) => part !== 'static') && !runSetUp()) failures.push('clients');
  return failures.length === 0;
}

async function runParts() {
  const run = isolatedRun();
  for (const [name, args] of Object.entries(parts.includes('static') ? statics : {})) {
    if (!(await runStep({ name, program: node, args, env: run.env }))) failures.push(name);
  }
  for (const suite of suites.filter((suite) => parts.includes(suite))) await runSuite(suite, run.env);
  const left = run.end();
  for (const one of left) console.error(`left behind: ${one}`);
  if (left.length > 0) failures.push('left behind');
}

async function runSuite(name, env) {
  const clients = JSON.parse(readFileSync(clientsFile, 'utf8'));
  const missing = (needed[name] ?? []).filter((client) => !clients[client]);
  if (missing.length > 0) return console.log(`skipped ${name}: ${missing.join(', ')} missing`);
  const output = join(results, `${name}.json`);
  const jest = ['node_modules/jest/bin/jest.js', '--selectProjects', name, '--json', '--outputFile', output, '--maxWorkers=2', ...jestArgs];
  const args = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', ...jest];
  const passed = await runStep({ name, program: node, args, env, show: true });
  const counted = countTests(output);
  for (const kind of Object.keys(tests)) tests[kind] += counted[kind];
  if (!passed && counted.failed === 0) failures.push(name);
  const whole = process.env.CI === 'true' && jestArgs.length === 0 && !partial.includes(name);
  if (whole && counted.skipped > 0) failures.push(`${name} (${counted.skipped} skipped)`);
}

function conclude() {
  const total = { ...tests, failed: tests.failed + failures.length };
  const seconds = Math.round((Date.now() - started) / 1000);
  writeFileSync(join(results, 'result.json'), JSON.stringify({ ...total, failures, seconds }));
  if (failures.length > 0) console.error(`failed: ${failures.join(', ')}`);
  console.log(`after ${seconds} s:`);
  console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`);
  process.exitCode = total.failed > 0 ? 1 : 0;
}

function parseArguments(args) {
  const all = ['static', ...suites];
  const at = args.indexOf('--only');
  const parts = at < 0 ? ['static', ...always] : (args[at + 1] ?? '').split(',');
  const unknown = parts.filter((part) => !all.includes(part));
  if (unknown.length > 0) throw new Error(`--only takes ${all.join(', ')}; got ${unknown.join(', ')}`);
  return { parts, jestArgs: at < 0 ? args : args.toSpliced(at, 2) };
}
