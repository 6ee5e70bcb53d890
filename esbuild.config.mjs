// Bundles the daemon and the CLI into dist/, and with --tests the tests into dist/test/.
import { build } from 'esbuild';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { callSites } from './runtime/syscalls/call-sites.mjs';
import { stepSources } from './runtime/steps/source-lines.mjs';

const tests = process.argv.includes('--tests');
const find = (dir) =>
  readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((e) => e.isFile() && e.name.endsWith('.test.ts'))
    .map((e) => join(e.parentPath ?? e.path, e.name));

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  splitting: true,
  sourcemap: true,
  logLevel: 'warning',
  plugins: [callSites()],
  define: { STEP_SOURCES: JSON.stringify(JSON.stringify(stepSources())) },
  // CommonJS dependencies (express) ask for node's modules by require
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
};

if (tests) {
  rmSync('dist/test', { recursive: true, force: true });
  // playwright, vite and dockerode find their own files beside their code, and typescript is as large as all the rest
  await build({
    ...common,
    external: ['dockerode', 'playwright-core', 'typescript', 'vite'],
    entryPoints: ['test/run.ts', ...find('test')],
    outbase: 'test',
    outdir: 'dist/test',
  });
} else {
  // dist/web is vite's
  for (const name of existsSync('dist') ? readdirSync('dist') : [])
    if (name !== 'web') rmSync(join('dist', name), { recursive: true, force: true });
  await build({
    ...common,
    entryPoints: { drydock: 'runtime/cli/main.ts', worker: 'runtime/worker/worker.ts' },
    outdir: 'dist',
    chunkNames: 'chunks/[name]-[hash]',
  });
  chmodSync('dist/drydock.js', 0o755);
  // a lesson with a mistake is a build that fails, and says where
  await build({
    ...common,
    splitting: false,
    entryPoints: ['lessons/build.ts'],
    outfile: 'dist/lessons.mjs',
    sourcemap: false,
  });
  await import(pathToFileURL('dist/lessons.mjs').href);
  rmSync('dist/lessons.mjs');
  // `npx drydock` in the checkout finds what an installed package would find
  mkdirSync('node_modules/.bin', { recursive: true });
  if (!existsSync('node_modules/.bin/drydock')) symlinkSync('../../dist/drydock.js', 'node_modules/.bin/drydock');
}
