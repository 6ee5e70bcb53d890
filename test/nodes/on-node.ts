/**
 * Installs a copy of this checkout with another version of Node and runs the short suite there. Node comes from the npm
 * registry; its package includes the headers.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { packageRoot } from '../../runtime/syscalls/native.ts';
import { needs, ownRoom } from '../e2e/room.ts';
import { missing, suite } from '../harness.ts';
import { cacheFolder, outside } from '../outside.ts';
import { needs as browserNeeds } from '../web/browser.ts';
import { nodeFolder } from './node-folder.ts';

const NOT_COPIED = new Set(['node_modules', 'dist', '.git']);
const notCopied = (path: string) => NOT_COPIED.has(path) || path === 'native/build';

function copyCheckout(): string {
  const copy = mkdtempSync(join(tmpdir(), 'drydock-copy-'));
  for (const name of readdirSync(packageRoot)) {
    if (notCopied(name)) continue;
    cpSync(join(packageRoot, name), join(copy, name), {
      recursive: true,
      filter: (from) => !notCopied(from.slice(packageRoot.length + 1)),
    });
  }
  return copy;
}

/** The child's output is passed through, so that the runner counts its tests too. */
const ended = (command: string, args: string[], options: { cwd: string; env: NodeJS.ProcessEnv }) =>
  new Promise<number | null>((resolve, reject) => {
    spawn(command, args, { ...options, stdio: ['ignore', 'inherit', 'inherit'] })
      .once('error', reject)
      .on('close', resolve);
  });

/** Does nothing for the Node version that runs this, because the whole suite runs on it. */
export async function shortSuite(major: number): Promise<void> {
  if (process.versions.node.startsWith(`${major}.`))
    return console.log(`NONE Node ${major}: the whole suite runs on it`);
  const all = [...needs, ...browserNeeds, 'tmux', 'npm', 'tar', 'cc', 'make', 'python3'];
  const test = suite(`Node ${major}`, ...all);
  await ownRoom();
  const folder = missing(...all) ? undefined : await nodeFolder(major);
  if (!folder) {
    test([`node-linux-${process.arch}@${major} of the npm registry`], 'the short suite', () => undefined);
    return test.run();
  }
  const node = join(folder, 'bin/node');
  const env = {
    PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
    npm_config_nodedir: folder,
    DRYDOCK_TEST_CACHE: cacheFolder,
    DRYDOCK_TEST_NODE: String(major),
  };
  let copy: string;
  test.before(() => void (copy = copyCheckout()));
  test.after(() => rmSync(copy, { recursive: true, force: true }));

  test('npm ci builds all of it', () => {
    const settings = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    outside('env', ...settings, 'sh', '-c', 'cd "$1" && npm ci --no-audit --no-fund', 'sh', copy);
    assert.equal(
      readdirSync(join(copy, 'native/build/Release'))
        .filter((name) => ['drydock.node', 'shim', 'stage'].includes(name))
        .sort(),
      ['drydock.node', 'shim', 'stage'],
    );
  });

  test('the short suite passes', async () => {
    const options = { cwd: copy, env: { ...process.env, ...env, NO_COLOR: '1' } };
    const bundle = [
      'test/nodes/short.ts',
      '--bundle',
      '--platform=node',
      '--format=esm',
      '--packages=external',
      '--sourcemap',
      '--log-level=warning',
      '--outdir=dist/test/nodes',
    ];
    assert.is(await ended(join(copy, 'node_modules/.bin/esbuild'), bundle, options), 0);
    assert.is(await ended(node, ['--enable-source-maps', 'dist/test/nodes/short.js'], options), 0);
  });

  test.run();
}
