/**
 * `npm run bench:data [ROUNDS]`: images and files that move, Drydock and dockerd in turn with docker's client. It
 * prints figures and asserts nothing.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { debianRegistry } from '../image/debian-registry.ts';
import { sh } from '../harness.ts';
import { besideDockerd, compared, inTurn, type Side } from './beside.ts';
import { timed } from './measure.ts';
import type { Row } from './rows.ts';

const rounds = Number(process.argv[2] ?? 5);
const only = new RegExp(process.argv[3] ?? '');
const here = mkdtempSync('/dev/shm/ddb-data-');
const MiB = 2 ** 20;

/** A container that sleeps; `command` is run in it first. */
async function sleeper(side: Side, command: string, ...flags: string[]): Promise<string> {
  const id = await side.docker('run', '-d', '--network', 'none', ...flags, 'ubuntu', 'sleep', '100000');
  if (command) await side.docker('exec', id, 'bash', '-c', command);
  return id;
}
const gone = (side: Side, id: string) => side.docker('rm', '-f', id);
const FILES =
  'mkdir -p /many; cd /many; for d in {0..99}; do mkdir $d; for f in {0..99}; do echo $d $f > $d/$f; done; done';

/** Pushes to a registry that is empty each time. */
async function push(side: Side): Promise<number> {
  const dir = mkdtempSync('/dev/shm/ddb-registry-');
  const registry = await debianRegistry(dir);
  try {
    const name = `${registry.host}/pushed`;
    await side.docker('tag', 'ubuntu', name);
    const ms = await timed(() => side.docker('push', '-q', name));
    await side.docker('rmi', name);
    return ms;
  } finally {
    await registry.close();
    rmSync(dir, { recursive: true, force: true });
  }
}
const archive = join(here, 'saved.tar');
const save = (side: Side) => timed(() => side.docker('save', '-o', archive, 'ubuntu'));
async function load(side: Side): Promise<number> {
  await side.docker('save', '-o', archive, 'ubuntu');
  await side.docker('rmi', '-f', 'ubuntu');
  return timed(() => side.docker('load', '-q', '-i', archive));
}
const resident = (side: Side): number =>
  side.daemon ? Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${side.daemon.pid}/status`, 'utf8'))![1]) / 1024 : 0;
/** The high-water mark of the daemon's memory begins anew (proc(5), clear_refs). */
const begin = (side: Side) => side.daemon && writeFileSync(`/proc/${side.daemon.pid}/clear_refs`, '5');
const now = (side: Side): number =>
  side.daemon ? Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${side.daemon.pid}/status`, 'utf8'))![1]) / 1024 : 0;

async function* measure(sides: Side[]): AsyncGenerator<Row> {
  const wanted = (name: string) => only.test(name);
  if (wanted('push'))
    yield compared('push of the minbase image', 'ms', await inTurn(rounds, sides, push), { most: 0.5 });
  if (wanted('save')) yield compared('save of it', 'ms', await inTurn(rounds, sides, save), { most: 0.5 });
  if (wanted('load')) yield compared('load of it', 'ms', await inTurn(rounds, sides, load), { most: 0.5 });
  if (wanted('commit')) {
    const figures = await inTurn(rounds, sides, async (side) => {
      const id = await sleeper(side, FILES);
      const ms = await timed(() => side.docker('commit', id, 'made'));
      await gone(side, id);
      await side.docker('rmi', '-f', 'made');
      return ms;
    });
    yield compared('commit of 10,000 new files', 'ms', figures, { most: 0.5 });
  }
  if (wanted('cp')) yield* copies(sides);
  if (wanted('volume')) {
    for (const side of sides) {
      const id = await sleeper(side, FILES);
      await side.docker('commit', id, 'full');
      await gone(side, id);
    }
    const figures = await inTurn(rounds, sides, async (side) => {
      // dockerd copies at create, Drydock at start
      return timed(() => side.docker('run', '--rm', '--network', 'none', '-v', '/many', 'full', 'true'));
    });
    yield compared('run --rm with a copy-up of 10,000 files into a new volume', 'ms', figures, { most: 0.7 });
  }
  if (wanted('logs')) {
    const bytes = 200 * MiB;
    const figures = await inTurn(rounds, sides, async (side) => {
      const options = ['--log-driver', 'json-file', '--log-opt', 'max-size=1g', '--network', 'none'];
      const command = `yes 0123456789012345678901234567890123456789012345678 | head -c ${bytes}`;
      const id = await side.docker('create', ...options, 'ubuntu', 'bash', '-c', command);
      const ms = await timed(async () => {
        await side.docker('start', id);
        await side.docker('wait', id);
      });
      const lines = sh('sh', '-c', `DOCKER_HOST=${side.env['DOCKER_HOST']} docker logs ${id} | wc -c`).trim();
      if (Number(lines) !== bytes) throw new Error(`${side.name}: ${lines} bytes in the log of ${bytes}`);
      await gone(side, id);
      return bytes / MiB / (ms / 1000);
    });
    yield compared('logs with json-file, 50 bytes a line', 'MiB/s', figures, { least: 2 });
  }
}

async function* copies(sides: Side[]): AsyncGenerator<Row> {
  const many = join(here, 'many');
  mkdirSync(many);
  for (let d = 0; d < 100; d++) {
    mkdirSync(join(many, String(d)));
    for (let f = 0; f < 100; f++) writeFileSync(join(many, String(d), String(f)), `${d} ${f}\n`);
  }
  const big = join(here, 'big');
  for (const [what, source, out] of [
    ['10,000 small files', many, '/tmp/many'],
    ['one file of 1 GB', big, '/tmp/big'],
  ] as const) {
    if (source === big) sh('sh', '-c', `head -c ${1024 * MiB} /dev/urandom > ${big}`);
    let grown = 0;
    const into = await inTurn(rounds, sides, async (side) => {
      const id = await sleeper(side, '');
      begin(side);
      const before = now(side);
      const ms = await timed(() => side.docker('cp', '-q', source, `${id}:${out}`));
      grown = Math.max(grown, resident(side) - before);
      await gone(side, id);
      return ms;
    });
    yield compared(`cp of ${what} into a container (memory +${grown.toFixed(0)} MiB)`, 'ms', into, { most: 0.7 });
    grown = 0;
    const ids = new Map<string, string>();
    for (const side of sides) {
      const id = await sleeper(side, '');
      await side.docker('cp', '-q', source, `${id}:${out}`);
      ids.set(side.name, id);
    }
    const from = await inTurn(rounds, sides, async (side) => {
      begin(side);
      const before = now(side);
      const ms = await timed(() => side.docker('cp', '-q', `${ids.get(side.name)}:${out}`, join(here, 'copy')));
      grown = Math.max(grown, resident(side) - before);
      if (source === big && statSync(join(here, 'copy')).size !== 1024 * MiB) throw new Error('not whole');
      rmSync(join(here, 'copy'), { recursive: true });
      return ms;
    });
    for (const side of sides) await gone(side, ids.get(side.name)!);
    yield compared(`cp of ${what} out of it (memory +${grown.toFixed(0)} MiB)`, 'ms', from, { most: 0.7 });
    rmSync(source, { recursive: true });
  }
}

try {
  await besideDockerd(measure);
} finally {
  rmSync(here, { recursive: true, force: true });
}
