// Builds stage, shim, init and hello (static, without a C library) and the addon. `npm ci` runs it.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const release = join(here, 'build/Release');
const cc = process.env.CC ?? 'cc';
const run = (command, args) =>
  execFileSync(command, args, { cwd: here, stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' });

const nodeGyp = createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js');
const prefix = join(dirname(process.execPath), '..');
const headers = existsSync(join(prefix, 'include/node/node_api.h')) ? [`--nodedir=${prefix}`] : [];
mkdirSync(join(here, 'build'), { recursive: true });
run(process.execPath, [nodeGyp, 'configure', '--silent', ...headers]);

// The names of all system calls in this machine's headers (__NR_*), with their numbers, for seccomp.
const defines = execFileSync(cc, ['-E', '-dM', '-'], { input: '#include <sys/syscall.h>\n', encoding: 'utf8' });
const names = [...defines.matchAll(/^#define __NR_(\w+) /gm)].map((m) => m[1]).sort();
writeFileSync(join(here, 'build/syscall_names.h'), names.map((n) => `X(${n})\n`).join(''));

run(process.execPath, [nodeGyp, 'build', '--silent', ...headers]);

const flags = [
  '-D_GNU_SOURCE',
  '-Os',
  '-std=gnu11',
  '-Wall',
  '-Wextra',
  '-static',
  '-nostdlib',
  '-nostartfiles',
  '-ffreestanding',
  '-fno-stack-protector',
  '-fno-pic',
  '-no-pie',
  '-fno-asynchronous-unwind-tables',
  '-fno-tree-loop-distribute-patterns',
  '-Wl,--build-id=none,-z,noexecstack,-s',
];
for (const program of ['stage', 'shim', 'init', 'hello', 'port-proxy', 'name-server'])
  run(cc, [...flags, '-o', join(release, program), `${program}.c`]);
