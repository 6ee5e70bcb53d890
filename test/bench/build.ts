/**
 * `npm run bench:build [ROUNDS [PATTERN]]`: builds, Drydock and dockerd in turn with the same buildx. It prints figures
 * and asserts nothing.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildxClient } from '../e2e/compose-client.ts';
import { sh } from '../harness.ts';
import { besideDockerd, compared, inTurn, type Side } from './beside.ts';
import { figure, timed } from './measure.ts';
import type { Row } from './rows.ts';

const rounds = Number(process.argv[2] ?? 5);
const only = new RegExp(process.argv[3] ?? '');
const here = mkdtempSync('/dev/shm/ddb-build-');
const MiB = 2 ** 20;

function context(name: string, dockerfile: string): string {
  const dir = join(here, name);
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'Dockerfile'), dockerfile);
  return dir;
}
const build = (side: Side, dir: string, ...flags: string[]) =>
  timed(() => side.docker('build', '-q', '--network', 'none', ...flags, dir));

/** 200 MB in 20,000 files */
function manyFiles(dir: string): void {
  const content = Buffer.alloc(10_000, 'x');
  for (let d = 0; d < 200; d++) {
    mkdirSync(join(dir, 'src', String(d)), { recursive: true });
    for (let f = 0; f < 100; f++) {
      content.write(`${d} ${f}`);
      writeFileSync(join(dir, 'src', String(d), String(f)), content);
    }
  }
}
const status = (side: Side, key: string): number =>
  Number(new RegExp(`${key}:\\s+(\\d+)`).exec(readFileSync(`/proc/${side.daemon!.pid}/status`, 'utf8'))![1]) / 1024;

async function* measure(sides: Side[]): AsyncGenerator<Row> {
  for (const { env } of sides) {
    const plugins = join(env['DOCKER_CONFIG']!, 'cli-plugins');
    mkdirSync(plugins, { recursive: true });
    symlinkSync(await buildxClient(), join(plugins, 'docker-buildx'));
  }
  const wanted = (name: string) => only.test(name);
  const lines = (make: (j: number) => string) => Array.from({ length: 10 }, (_, j) => make(j)).join('\n');
  if (wanted('hits')) {
    const dir = context('hits', `FROM ubuntu\n${lines((j) => `RUN echo ${j} > /${j}`)}\n`);
    for (const side of sides) await build(side, dir);
    const figures = await inTurn(rounds, sides, (side) => build(side, dir));
    yield compared('ten instructions, all hits', 'ms', figures, { most: 0.5 });
  }
  if (wanted('runs')) {
    const dir = context('runs', `FROM ubuntu\n${lines((j) => `RUN echo ${j} > /${j}`)}\n`);
    const figures = await inTurn(rounds, sides, (side) => build(side, dir, '--no-cache'));
    yield compared('ten small RUNs, no cache', 'ms', figures, { most: 0.5 });
  }
  if (wanted('copy')) {
    const dir = context('copy', 'FROM ubuntu\nCOPY src /src\n');
    manyFiles(dir);
    const figures = await inTurn(rounds, sides, (side) => build(side, dir, '--no-cache'));
    yield compared('COPY of 20,000 files, 200 MB', 'ms', figures, { most: 0.6 });
  }
  if (wanted('stages')) {
    const stages = [1, 2, 3, 4].map((j) => `FROM ubuntu AS s${j}\nRUN sleep 1; echo ${j} > /${j}\n`).join('');
    const copies = [1, 2, 3, 4].map((j) => `COPY --from=s${j} /${j} /\n`).join('');
    const dir = context('stages', `${stages}FROM ubuntu\n${copies}`);
    const figures = await inTurn(rounds, sides, (side) => build(side, dir, '--no-cache'));
    yield {
      what: 'four independent stages of a second each',
      unit: 'ms',
      goal: '≤ 2400 ms',
      figures,
      peer: 'dockerd',
      reached: figures['drydock']!.median <= 2400,
    };
  }
  if (wanted('memory')) {
    const dir = context('memory', 'FROM ubuntu\nCOPY big /\n');
    sh('sh', '-c', `head -c ${1024 * MiB} /dev/urandom > ${join(dir, 'big')}`);
    const side = sides[0]!;
    const before = status(side, 'VmRSS');
    // the high-water mark begins anew (proc(5), clear_refs)
    writeFileSync(`/proc/${side.daemon!.pid}/clear_refs`, '5');
    await build(side, dir);
    const grown = status(side, 'VmHWM') - before;
    const figures = { drydock: figure([grown]) };
    yield { what: 'memory in a context of 1 GB', unit: 'MiB', goal: '≤ 64 MiB', figures, reached: grown <= 64 };
  }
}

try {
  await besideDockerd(measure);
} finally {
  rmSync(here, { recursive: true, force: true });
}
