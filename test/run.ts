/**
 * Runs every test file in its own process and namespaces, in a random order, and ends with one line: `N passed, N
 * failed, N skipped`. DRYDOCK_SEED repeats an order.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../runtime/syscalls/native.ts';
import { requiresNothing } from './declared.mjs';
import { fast } from './harness.ts';
import { shuffled } from './order.ts';
import { placed, withoutPlace } from './place.ts';

const here = dirname(fileURLToPath(import.meta.url));
const LIMIT_MS = Number(process.env['DRYDOCK_SWEEP_MINUTES'] ?? 20) * 60_000;
/** Without their own namespaces, files would collide in the machine's network. */
const JOBS =
  withoutPlace && !fast ? 1 : Number(process.env['DRYDOCK_TEST_JOBS'] ?? Math.min(2, availableParallelism()));
const wanted = process.argv.slice(2);
const seed = Number(process.env['DRYDOCK_SEED'] ?? Math.floor(Math.random() * 2 ** 32));

const declaresNothing = (file: string) =>
  requiresNothing(readFileSync(join(packageRoot, 'test', file.replace(/\.js$/, '.ts')), 'utf8'));
const found = readdirSync(here, { recursive: true, encoding: 'utf8' })
  .filter((f) => f.endsWith('.test.js') && (!wanted.length || wanted.some((w) => f.includes(w))))
  .filter((f) => !fast || declaresNothing(f))
  .sort();
const files = shuffled(found, seed);

function runFile(file: string): Promise<{ output: string; code: number | null }> {
  const { command, args, env, leave } = placed(['--enable-source-maps', join(here, file)], {
    ...process.env,
    NO_COLOR: '1',
    DRYDOCK_SEED: String(seed),
  });
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
    const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.once('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      leave();
      resolve({ output, code });
    });
  });
}

const count = (output: string, word: string) =>
  [...output.matchAll(new RegExp(`^\\s*${word}:\\s+(\\d+)`, 'gm'))].reduce((sum, m) => sum + Number(m[1]), 0);

let passed = 0;
let failed = 0;
let skipped = 0;

async function report(file: string): Promise<void> {
  const started = Date.now();
  const { output, code } = await runFile(file);
  const total = count(output, 'Total');
  const good = count(output, 'Passed');
  const skips = count(output, 'Skipped');
  // A file that died before its summary counts as one failure, regardless of how many of its tests had passed. So does
  // a file in which no test ran and that gives no reason for it, because it may have forgotten run().
  const empty = good + skips === 0 && !/^NONE /m.test(output);
  const bad = Math.max(total - good, code === 0 && !empty ? 0 : 1);
  passed += good;
  failed += bad;
  skipped += skips;
  const counts = [`${good} passed`, ...(bad ? [`${bad} failed`] : []), ...(skips ? [`${skips} skipped`] : [])];
  console.log(`${bad ? 'FAIL' : 'ok  '} ${relative('.', file)}  ${counts.join(', ')}  ${Date.now() - started} ms`);
  for (const line of output.split('\n').filter((l) => l.startsWith('SKIP '))) console.log(`     ${line}`);
  if (bad) console.log(output.replace(/^/gm, '     '));
}

/** Runs `jobs` files at once; each worker takes the next file that has not begun. */
async function reportAll(all: readonly string[], jobs: number): Promise<void> {
  const left = [...all];
  await Promise.all(
    Array.from({ length: jobs }, async () => {
      for (let file = left.shift(); file; file = left.shift()) await report(file);
    }),
  );
}

console.log(`order: DRYDOCK_SEED=${seed}`);
if (withoutPlace && !fast) console.log(withoutPlace);
await reportAll(files, JOBS);
if (!files.length) {
  console.log('no test file matches');
  failed = 1;
}
if (failed) console.log(`the same order again: DRYDOCK_SEED=${seed}`);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed ? 1 : 0;
