/** Dockerfiles as people write them: long, with many files, with scripts in them, and with a compiler. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { buildSite } from './build-site.ts';

const { test, d, context, left } = await buildSite('Dockerfiles as people write them');
const build = (dir: string, ...args: string[]) => d.docker('build', '--progress', 'plain', ...args, dir);
const classic = (dir: string, ...args: string[]) =>
  d.client('docker', ['build', ...args, dir], { env: { DOCKER_BUILDKIT: '0' } });
const ran = (image: string, ...command: string[]) => d.ok('run', '--rm', '--network', 'none', image, ...command);

test('sixty instructions make their image, and the second time each is in the cache', async () => {
  const settings = Array.from({ length: 27 }, (_, n) => `ENV V${n}=${n}\nLABEL l${n}="$V${n} of $BASE"\n`).join('');
  const text = `ARG BASE=base
FROM $BASE
ARG BASE
${settings}WORKDIR /srv
RUN echo $V26 >v
COPY a b /srv/
USER 7:8
CMD cat v a b
`;
  const dir = context({ Dockerfile: text, a: 'of a\n', b: 'of b\n' });
  assert.is((await build(dir, '-t', 'sixty')).code, 0);
  assert.is(await ran('sixty'), '26\nof a\nof b');
  const { err } = await build(dir);
  const [steps, hits] = [/^#\d+ \[0 \d+\/62\] (?!FROM|ARG)/gm, /CACHED/g].map((what) => err.match(what)?.length ?? 0);
  assert.equal([steps, hits], [59, 60], err);
  assert.equal(JSON.parse(await d.dockerOk('inspect', '-f', '{{json .Config.Labels}}', 'sixty')).l26, '26 of base');
});

test('a context of 20,000 files is copied whole, and one that has changed is found', async () => {
  const dir = context({ Dockerfile: 'FROM base\nCOPY . /all/\n' });
  for (let n = 0; n < 200; n++) {
    mkdirSync(join(dir, `d${n}`));
    for (let file = 0; file < 100; file++) writeFileSync(join(dir, `d${n}/f${file}`), `${n} ${file}\n`);
  }
  await d.ok('build', '-q', '-t', 'many', dir);
  assert.is(await ran('many', 'sh', '-c', 'cat /all/d*/f* | wc -l; cat /all/d199/f99'), '20000\n199 99');
  writeFileSync(join(dir, 'd100/f50'), 'other\n');
  assert.match(await d.ok('build', 'why', dir), /miss {2}2\/2 [^]*file d100\/f50 has changed/);
});

test('heredocs, SHELL and ONBUILD of a base do what they do with docker', async () => {
  const base = `# syntax=docker/dockerfile:1
FROM base
SHELL ["/bin/sh", "-ec"]
RUN <<EOF
mkdir /app
for n in one two; do
  echo "$n" >>/app/list
done
EOF
COPY <<one.conf <<'two.conf' /etc/app/
home=$PATH
one.conf
home=$PATH
two.conf
ONBUILD ARG WHO=nobody
ONBUILD COPY src /app/
ONBUILD RUN <<END
echo "for $WHO" >/app/who
END
`;
  const below = await classic(context({ Dockerfile: base }), '-t', 'onbuild');
  assert.is(below.code, 0, below.err);
  const dir = context({ Dockerfile: 'FROM onbuild\nRUN false; echo not reached >/app/after\n', src: 'source\n' });
  const failed = await build(dir);
  assert.match(failed.err, 'non-zero code: 1', 'SHELL of the base holds for the image above it');
  writeFileSync(join(dir, 'Dockerfile'), 'FROM onbuild\nRUN echo reached >/app/after\n');
  for (const make of [build, classic]) assert.is((await make(dir, '--build-arg', 'WHO=me', '-t', 'above')).code, 0);
  assert.is(await ran('above', 'sh', '-c', 'cat /app/*'), 'reached\none\ntwo\nsource\nfor me');
  assert.match(await ran('above', 'cat', '/etc/app/one.conf', '/etc/app/two.conf'), /^home=\/.*\nhome=\$PATH$/);
  assert.equal(await left(), []);
});

/** gcc of this machine's packages, as an archive of what a static program needs. */
const TOOLCHAIN = `libs() { ldd "$@" 2>/dev/null | grep -o '/[^ ]*' | grep -v ':$' | sort -u; }
cc1=$(gcc -print-prog-name=cc1) collect=$(gcc -print-prog-name=collect2) tools="$(command -v as) $(command -v ld)"
dir=$(dirname "$(gcc -print-libgcc-file-name)")
crt=$(for name in crt1.o crti.o crtn.o libc.a; do gcc -print-file-name=$name; done | xargs realpath)
tar -chPf toolchain.tar /usr/include/stdc-predef.h "$(command -v gcc)" $cc1 $collect $tools $dir/crtbeginT.o $dir/crtend.o $dir/libgcc.a \\
  $dir/libgcc_eh.a $dir/liblto_plugin.so $dir/lto-wrapper $crt $(libs $cc1 $collect $tools "$(command -v gcc)")`;

test('a C program is compiled in one stage, and is alone in an image from scratch', async () => {
  const dir = context({
    Dockerfile: `FROM base AS build
ADD toolchain.tar /
WORKDIR /src
COPY main.c .
RUN gcc -O1 -static -o main main.c
FROM scratch
COPY --from=build /src/main /main
USER 65534
ENTRYPOINT ["/main"]
`,
    'main.c': `int puts(const char *), getuid(void), printf(const char *, ...);
int main(int n, char **words) { return printf("%s is run by %d\\n", words[1], getuid()) < 0; }
`,
  });
  execFileSync('sh', ['-ec', TOOLCHAIN], { cwd: dir });
  const { code, err } = await build(dir, '-t', 'program');
  assert.is(code, 0, err);
  assert.is(await ran('program', 'it'), 'it is run by 65534');
  assert.is(JSON.parse(await d.dockerOk('inspect', '-f', '{{json .RootFS.Layers}}', 'program')).length, 1);
  writeFileSync(join(dir, 'main.c'), 'int main(void) { return 7; }\n');
  assert.match(await d.ok('build', '-t', 'program', dir), /ADD toolchain.tar \/\n ---> Using cache/);
  assert.is((await d.cli('run', '--rm', '--network', 'none', 'program')).code, 7);
});

test.run();
