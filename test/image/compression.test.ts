import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { unpackLayer } from '../../runtime/image/layer/unpack.ts';
import { suite } from '../harness.ts';
import { faultyRegistry } from './faulty-registry.ts';
import { context, runPull, sample } from './sample.ts';
import { archive, digestOf, type Made } from './tarball.ts';

const test = suite('compressions of layers', 'root');
const work = mkdtempSync('/dev/shm/drydock-compression-');
test.after(() => rmSync(work, { recursive: true, force: true }));
let count = 0;

const big = archive(
  ...Array.from({ length: 40 }, (_, j): Made => ({ name: `d/${j}`, content: String(j).repeat(50_000) })),
);
const by = (program: string, ...args: string[]): Buffer =>
  execFileSync(program, args, { input: big, maxBuffer: 1 << 26 });

async function unpack(blob: Buffer, tar = big): Promise<string> {
  const dir = join(work, String(++count));
  writeFileSync(`${dir}.blob`, blob);
  await unpackLayer({ blob: `${dir}.blob`, dir, diffID: digestOf(tar) });
  return join(dir, 'diff');
}
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => 'it did not fail',
    (error: unknown) => (error as Error).message,
  );

for (const program of ['xz', 'bzip2'] as const) {
  test([program], `reads ${program}, whatever its level, and says what is damaged`, async () => {
    for (const level of ['-1', '-9']) {
      const blob = by(program, '-c', level);
      const root = await unpack(blob);
      assert.is(readdirSync(join(root, 'd')).length, 40);
      assert.is(readFileSync(join(root, 'd/39'), 'utf8'), '39'.repeat(50_000));
      assert.match(await failure(unpack(blob.subarray(0, blob.length - 40))), /^the layer is damaged: .*(end|ends)/i);
      const broken = Buffer.from(blob);
      broken.fill(0x55, 100, 200);
      assert.match(await failure(unpack(broken)), /^the layer is damaged: /);
    }
  });

  test([program], `says which program reads ${program} where it is not installed`, async () => {
    const blob = by(program, '-c');
    const { PATH } = process.env;
    try {
      process.env['PATH'] = work;
      assert.is(
        await failure(unpack(blob)),
        `the layer is compressed with ${program}: install the program ${program} on this machine`,
      );
    } finally {
      process.env['PATH'] = PATH;
    }
  });

  test([program], `ends ${program} when the layer is refused before its end`, async () => {
    const bomb = execFileSync('sh', ['-c', `head -c 40000000 /dev/zero | tr '\\0' x | ${program} -1`], {
      maxBuffer: 1 << 26,
    });
    assert.match(await failure(unpack(bomb)), /damaged tar header/);
    const running = execFileSync('ps', ['--ppid', String(process.pid), '-o', 'comm='], { encoding: 'utf8' });
    assert.not.ok(running.split('\n').includes(program), running);
  });
}

test(['xz'], 'an xz layer that wants gigabytes of memory is refused', async () => {
  const greedy = execFileSync('xz', ['-c', '--lzma2=dict=1GiB'], { input: big.subarray(0, 1024), maxBuffer: 1 << 26 });
  assert.match(await failure(unpack(greedy)), /^the layer is damaged: .*[Mm]emory/);
});

test('a compression that no layer has is called by its name', async () => {
  for (const [name, head] of [
    ['lz4', '04224d18'],
    ['lzip', '4c5a495001'],
    ['compress', '1f9d90'],
  ] as const) {
    const blob = Buffer.concat([Buffer.from(head, 'hex'), Buffer.alloc(600)]);
    assert.is(await failure(unpack(blob)), `the layer is compressed with ${name}; gzip, zstd, xz and bzip2 are read`);
  }
});

test(['zstd'], 'zstd frames one behind the other are one layer, with the decoder of each version of Node', async () => {
  const halves = [big.subarray(0, 1_000_000), big.subarray(1_000_000)].map((input) =>
    execFileSync('zstd', ['-q', '-c'], { input, maxBuffer: 1 << 26 }),
  );
  assert.is(readdirSync(join(await unpack(Buffer.concat(halves)), 'd')).length, 40);
});

test(['xz', 'bzip2'], 'pulls an image with such layers, whatever they call themselves', async () => {
  for (const [program, type] of [
    ['xz', '+xz'],
    ['bzip2', '+bzip2'],
    ['xz', '+gzip'],
    ['bzip2', ''],
  ] as const) {
    const pack = (tar: Buffer) => execFileSync(program, ['-c'], { input: tar });
    const registry = await faultyRegistry(sample([[{ name: 'a', content: 'x' }]], { compress: { pack, type } }));
    try {
      const c = context({ reference: `${registry.host}/a`, root: join(work, String(++count)) });
      await runPull(c);
      assert.is(readFileSync(join(c.image!.layers[0]!.dir, 'a'), 'utf8'), 'x');
    } finally {
      await registry.close();
    }
  }
});

test.run();
