/** The name server's parser, which is C: name-query.c makes its hostile queries and checks the answers. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../runtime/syscalls/native.ts';
import type { Found, Target } from './target.ts';

let directory: string | undefined;

/** Compiled with sanitizers, so that an access beyond a buffer ends it. */
function program(): string {
  directory ??= mkdtempSync(join(tmpdir(), 'drydock-fuzz-'));
  const path = join(directory, 'name-query');
  if (existsSync(path)) return path;
  const sanitizers = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'];
  const source = join(packageRoot, 'test/fuzz/name-query.c');
  const flags = ['-g', '-O1', ...sanitizers, `-I${join(packageRoot, 'native')}`];
  execFileSync(process.env['CC'] ?? 'cc', [...flags, '-o', path, source]);
  return path;
}

function search(inputs: number, seed = Math.floor(Math.random() * 2 ** 31)): Found {
  const { status, stdout, stderr } = spawnSync(program(), [String(inputs), String(seed)], { encoding: 'utf8' });
  const message = status === 0 ? undefined : `seed ${seed}: ${stdout}${stderr}`.slice(0, 8000);
  return { inputs: status === 0 ? Number(stdout) : 0, message };
}

export const nameTargets: readonly Target[] = [
  { name: 'queries for names', search, close: () => directory && rmSync(directory, { recursive: true, force: true }) },
];
