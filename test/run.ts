/** Runs every test file in a process of its own and ends with one plain line: `N passed, N failed, N skipped`. */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const LIMIT_MS = Number(process.env['DRYDOCK_SWEEP_MINUTES'] ?? 10) * 60_000;
const wanted = process.argv.slice(2);

const files = readdirSync(here, { recursive: true, encoding: 'utf8' })
  .filter((f) => f.endsWith('.test.js') && (!wanted.length || wanted.some((w) => f.includes(w))))
  // the fast ones first, the ones that take the machine last
  .sort((a, b) => Number(a.startsWith('e2e')) - Number(b.startsWith('e2e')) || a.localeCompare(b));

function runFile(file: string): Promise<{ output: string; code: number | null }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--enable-source-maps', join(here, file)], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1' } });
    const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ output, code });
    });
  });
}

const count = (output: string, word: string) => [...output.matchAll(new RegExp(`${word}:\\s+(\\d+)`, 'g'))].reduce((sum, m) => sum + Number(m[1]), 0);

let passed = 0;
let failed = 0;
let skipped = 0;
for (const file of files) {
  const started = Date.now();
  const { output, code } = await runFile(file);
  const total = count(output, 'Total');
  const good = count(output, 'Passed');
  const skips = count(output, 'Skipped');
  // a file that died before its summary is one failure, however much of it had passed
  const bad = Math.max(total - good, code === 0 ? 0 : 1);
  passed += good;
  failed += bad;
  skipped += skips;
  console.log(`${bad ? 'FAIL' : 'ok  '} ${relative('.', file)}  ${good} passed${bad ? `, ${bad} failed` : ''}${skips ? `, ${skips} skipped` : ''}  ${Date.now() - started} ms`);
  for (const line of output.split('\n').filter((l) => l.startsWith('SKIP '))) console.log(`     ${line}`);
  if (bad) console.log(output.replace(/^/gm, '     '));
}
if (!files.length) {
  console.log('no test file matches');
  failed = 1;
}
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed ? 1 : 0;
