// `npm test`: everything a change must pass, from a clean clone on. `npm test -- --only static|unit|conformance|e2e|faults` runs parts (comma-separated);
// what follows goes to jest: `npm test -- --only e2e skopeo`.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isolatedRun } from './test-isolation.mjs';
import { runSetUp } from './test-setup.mjs';
import { root, runStep } from './test-step.mjs';
import { countTests } from './test-count.mjs';

const statics = [
  { name: 'lint', args: ['node_modules/eslint/bin/eslint.js', '.'] },
  { name: 'format', args: ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'] },
  { name: 'boundaries', args: ['node_modules/dependency-cruiser/bin/dependency-cruise.mjs', 'apps', 'libs', 'test'] },
  { name: 'types', args: ['node_modules/typescript/bin/tsc', '--project', '.'] },
  { name: 'migrations', args: ['tools/prisma-migrations.mjs', 'check'] },
];
const suites = ['unit', 'conformance', 'e2e', 'faults'];
const results = path.join(root, '.cache/test');

const { parts, jestArgs } = parseArguments(process.argv.slice(2));
const started = Date.now();
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });

const failures = [];
const run = isolatedRun();
const step = async (name, program, args) => {
  const passed = await runStep({ name, program, args, env: run.env });
  if (!passed) failures.push(name);
  return passed;
};

const prepared =
  (await step('install', process.execPath, ['tools/install.mjs'])) && (await step('build', 'npm', ['run', '--silent', 'build']));
if (parts.includes('e2e') && !runSetUp()) failures.push('clients');
const node = path.join(root, 'node_modules/.bin/node');
if (prepared && parts.includes('static')) {
  for (const { name, args } of statics) await step(name, node, args);
}
let tests = { passed: 0, failed: 0, skipped: 0 };
for (const suite of suites.filter((suite) => prepared && parts.includes(suite))) {
  const output = path.join(results, `${suite}.json`);
  const options = ['--selectProjects', suite, '--json', '--outputFile', output, '--maxWorkers=2', '--passWithNoTests=false', ...jestArgs];
  const passed = await runStep({
    name: suite,
    program: node,
    args: ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js', ...options],
    env: run.env,
    show: true,
  });
  const counted = countTests(output);
  tests = { passed: tests.passed + counted.passed, failed: tests.failed + counted.failed, skipped: tests.skipped + counted.skipped };
  if (!passed && counted.failed === 0) failures.push(suite);
}
const left = await run.end();
if (left.length > 0) failures.push('left behind');
for (const one of left) console.error(`left behind: ${one}`);

const total = { passed: tests.passed, failed: tests.failed + failures.length, skipped: tests.skipped };
writeFileSync(
  path.join(results, 'result.json'),
  JSON.stringify({ ...total, failures, seconds: Math.round((Date.now() - started) / 1000) }),
);
if (failures.length > 0) console.error(`failed: ${failures.join(', ')}`);
console.log(`in ${Math.round((Date.now() - started) / 1000)} s`);
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped ? `, ${total.skipped} skipped` : ''}`);
process.exitCode = total.failed > 0 ? 1 : 0;

function parseArguments(args) {
  const all = ['static', ...suites];
  const at = args.indexOf('--only');
  const parts = at < 0 ? all : (args[at + 1] ?? '').split(',');
  const unknown = parts.filter((part) => !all.includes(part));
  if (unknown.length > 0) throw new Error(`--only takes ${all.join(', ')}; got ${unknown.join(', ')}`);
  return { parts, jestArgs: at < 0 ? args : args.toSpliced(at, 2) };
}
