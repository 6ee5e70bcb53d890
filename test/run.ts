/**
 * Runs every test file in its own process and namespaces, in a random order, and ends with one line: `N passed, N
 * failed, N skipped`. DRYDOCK_SEED repeats an order. With `--check`, `npm run lint` and `npm run typecheck` run beside
 * the files. Behind a file stand the time that it took and the processor time that its processes used.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../runtime/syscalls/native.ts';
import { requiresNothing } from './declared.mjs';
import { fast } from './harness.ts';
import { aloneIn, longestFirst, measures } from './order.ts';
import { type Placed, placed, withoutPlace } from './place.ts';

const here = dirname(fileURLToPath(import.meta.url));
const LIMIT_MS = Number(process.env['DRYDOCK_SWEEP_MINUTES'] ?? 20) * 60_000;
const PROCESSORS = Math.min(2, availableParallelism());
/**
 * Most files wait more than half of their time, so two of them share a processor. Without their own namespaces, files
 * would collide in the machine's network.
 */
const JOBS = withoutPlace && !fast ? 1 : Number(process.env['DRYDOCK_TEST_JOBS'] ?? PROCESSORS * (fast ? 1 : 2));
const CHECK = '--check';
const wanted = process.argv.slice(2).filter((arg) => arg !== CHECK);
const checks = process.argv.includes(CHECK) ? ['lint', 'typecheck'] : [];
const seed = Number(process.env['DRYDOCK_SEED'] ?? Math.floor(Math.random() * 2 ** 32));

const declaresNothing = (file: string) =>
  requiresNothing(readFileSync(join(packageRoot, 'test', file.replace(/\.js$/, '.ts')), 'utf8'));
const found = readdirSync(here, { recursive: true, encoding: 'utf8' })
  .filter((f) => f.endsWith('.test.js') && (!wanted.length || wanted.some((w) => f.includes(w))))
  .filter((f) => !fast || declaresNothing(f))
  .sort();
const files = longestFirst(found, seed);

/** Milliseconds out of what the shell's `times` printed: user and system time, of the shell and of its children. */
const processorTime = (times: string) =>
  [...times.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, minutes, seconds]) => {
    return sum + Number(minutes) * 60_000 + Number(seconds) * 1000;
  }, 0);
/** A shell that runs a command and then prints the processor time of all processes waited for to descriptor 3. */
const TIMED = ['-c', '"$@"; code=$?; times >&3; exit $code', 'sh'];

interface Ended {
  output: string;
  code: number | null;
  /** in milliseconds */
  processor: number;
}
function ended({ command, args, env, leave }: Placed): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn('sh', [...TIMED, command, ...args], { stdio: ['ignore', 'pipe', 'pipe', 'pipe'], env });
    const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
    let output = '';
    let times = '';
    const [, stdout, stderr, descriptor3] = child.stdio;
    stdout!.on('data', (data) => (output += data));
    stderr!.on('data', (data) => (output += data));
    descriptor3!.on('data', (data) => (times += data));
    child.once('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      leave();
      resolve({ output, code, processor: processorTime(times) });
    });
  });
}

const count = (output: string, word: string) =>
  [...output.matchAll(new RegExp(`^\\s*${word}:\\s+(\\d+)`, 'gm'))].reduce((sum, m) => sum + Number(m[1]), 0);

let passed = 0;
let failed = 0;
let skipped = 0;

function report(bad: number, name: string, counts: readonly string[], started: number, { output, processor }: Ended) {
  const times = `${Date.now() - started} ms, ${Math.round(processor)} ms of processor time`;
  console.log(`${bad ? 'FAIL' : 'ok  '} ${name}  ${[counts.join(', '), times].filter(Boolean).join('  ')}`);
  for (const line of output.split('\n').filter((l) => l.startsWith('SKIP '))) console.log(`     ${line}`);
  if (bad) console.log(output.replace(/^/gm, '     '));
}

async function runFile(file: string): Promise<void> {
  const started = Date.now();
  const env = { ...process.env, NO_COLOR: '1', DRYDOCK_SEED: String(seed) };
  const end = await ended(placed(['--enable-source-maps', join(here, file)], env));
  const { output, code } = end;
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
  report(bad, relative('.', file), counts, started, end);
}

async function runCheck(script: string): Promise<void> {
  const started = Date.now();
  const args = ['run', '--silent', script];
  const end = await ended({ command: 'npm', args, env: process.env, leave: () => undefined });
  const bad = end.code === 0 ? 0 : 1;
  failed += bad;
  report(bad, `npm run ${script}`, [], started, end);
}

interface Job {
  /** jobs of the same group do not run at the same time; '' is no group */
  group: string;
  run(): Promise<void>;
}
const jobOf = (file: string): Job => ({ group: aloneIn(file), run: () => runFile(file) });

/** Runs `lanes` jobs at once. Each lane takes the next job that has not begun and may run beside those that run. */
async function runAll(jobs: readonly Job[], lanes: number): Promise<void> {
  const left = [...jobs];
  const busy = new Set<string>();
  const take = () => {
    const next = left.findIndex(({ group }) => !busy.has(group));
    return next < 0 ? undefined : left.splice(next, 1)[0];
  };
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (let next = take(); next; next = take()) {
        if (next.group) busy.add(next.group);
        await next.run();
        busy.delete(next.group);
      }
    }),
  );
}

console.log(`order: DRYDOCK_SEED=${seed}`);
if (withoutPlace && !fast) console.log(withoutPlace);
const beside: Job[] = checks.map((script) => ({ group: '', run: () => runCheck(script) }));
await runAll([...beside, ...files.filter((file) => !measures(file)).map(jobOf)], JOBS);
await runAll(files.filter(measures).map(jobOf), Math.min(JOBS, PROCESSORS));
if (!files.length) {
  console.log('no test file matches');
  failed = 1;
}
if (failed) console.log(`the same order again: DRYDOCK_SEED=${seed}`);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed ? 1 : 0;
