/** Checks the rules for the source tree that docs/architecture.md describes. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import * as assert from 'uvu/assert';
import { packageRoot } from '../runtime/syscalls/native.ts';
import { syscalls } from '../runtime/syscalls/syscalls.ts';
import { phases } from '../runtime/steps/phases.ts';
import { suite } from './harness.ts';

const test = suite('architecture');
const read = (path: string) => readFileSync(join(packageRoot, path), 'utf8');
const listed = (dir: string) =>
  readdirSync(join(packageRoot, dir), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(packageRoot.length + 1));
const sources = ['runtime', 'server', 'lessons', 'native', 'test']
  .flatMap((dir) => (existsSync(join(packageRoot, dir)) ? listed(dir) : []))
  .filter((path) => /\.(ts|c|h|def)$/.test(path) && !path.startsWith('native/build/'));
const modules = sources.filter((path) => path.endsWith('.ts'));
const steps = phases.flatMap((phase) => phase.steps.map((step) => ({ ...step, phase: phase.id })));

/** All imports of our own files: the importing file, the imported one, and whether only types are imported. */
interface Import {
  from: string;
  to: string;
  typeOnly: boolean;
}
const importsOf = (from: string): Import[] => {
  const text = read(from);
  const found = [...text.matchAll(/^(?: {2})?(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'(\.[^']+)'/gm)].map(
    (m) => ({ to: m[2]!, typeOnly: m[1] !== undefined }),
  );
  const lazy = [...text.matchAll(/\bimport\('(\.[^']+)'\)(\.\w+)?/g)].map((m) => ({
    to: m[1]!,
    typeOnly: /^\.[A-Z]/.test(m[2] ?? ''),
  }));
  return [...found, ...lazy].map(({ to, typeOnly }) => ({ from, to: normalize(join(dirname(from), to)), typeOnly }));
};
const imports = modules.flatMap(importsOf);
const offending = (from: RegExp, to: RegExp, except: readonly string[] = []) =>
  imports
    .filter(
      (i) =>
        !i.typeOnly &&
        from.test(i.from) &&
        to.test(i.to) &&
        !except.includes(`${i.from} → ${i.to}`) &&
        !except.includes(i.to),
    )
    .map((i) => `${i.from} → ${i.to}`);

test('every import names a file that is there, with its suffix', () => {
  assert.ok(imports.length > 300, `only ${imports.length} imports were found`);
  assert.ok(
    offending(/^runtime\/engine\//, /^runtime\/steps\//).includes(
      'runtime/engine/lifecycle.ts → runtime/steps/phases.ts',
    ),
    'the finder finds what is there',
  );
  assert.equal(
    imports.filter(({ to }) => !existsSync(join(packageRoot, to))).map(({ from, to }) => `${from} → ${to}`),
    [],
  );
});

/**
 * Returns the imports that are part of a cycle: it repeatedly removes files that import nothing or are imported by
 * nothing. A Svelte component may import itself.
 */
function circles(all: readonly Import[]): string[] {
  let left = all.filter(({ from, to }) => from !== to);
  for (let before = -1; before !== left.length;) {
    before = left.length;
    const [importing, imported] = [new Set(left.map(({ from }) => from)), new Set(left.map(({ to }) => to))];
    left = left.filter(({ from, to }) => importing.has(to) && imported.has(from));
  }
  return left.map(({ from, to }) => `${from} → ${to}`);
}

test('no files import each other in a circle, nor for their types alone', () => {
  const made = (...arrows: string[]) =>
    circles(arrows.map((arrow) => ({ from: arrow[0]!, to: arrow[1]!, typeOnly: false })));
  assert.equal(
    made('ab', 'bc', 'cd', 'db', 'de'),
    ['b → c', 'c → d', 'd → b'],
    'the finder finds a circle, and what leads to it and away is none',
  );
  const page = listed('web')
    .filter((path) => /\.(ts|svelte)$/.test(path))
    .flatMap(importsOf);
  assert.ok(
    page.some(({ from, to }) => from.endsWith('.svelte') && to.endsWith('.svelte')),
    'the page is read too',
  );
  assert.equal(circles([...imports, ...page]), []);
});

test('no folders import each other, nor in a circle: from what stands in one it is seen what it lies on', () => {
  const page = listed('web')
    .filter((path) => /\.(ts|svelte)$/.test(path))
    .flatMap(importsOf);
  const folders = (all: readonly Import[]) =>
    all.map((one) => ({ ...one, from: dirname(one.from), to: dirname(one.to) })).filter(({ from, to }) => from !== to);
  const own = [...imports, ...page].filter(({ from }) => !from.startsWith('test/'));
  assert.ok(new Set(folders(own).map(({ from }) => from)).size > 60, 'the finder finds the folders');
  assert.equal([...new Set(circles(folders(own)))], []);
});

test('the runtime imports no server, but where the verbs `daemon` and `registry` start one', () => {
  const verbs = 'runtime/cli/verbs';
  const starts = [
    `${verbs}/daemon/daemon.ts → server/main.ts`,
    `${verbs}/registry/registry.ts → server/registry/serve.ts`,
  ];
  assert.equal(offending(/^runtime\//, /^server\//, starts), []);
});

test('nothing but tests imports tests and nothing but the page the page; the server may know lessons, the runtime knows none', () => {
  assert.equal(offending(/^(runtime|server|lessons)\//, /^(test|web)\//), []);
  assert.equal(offending(/^runtime\//, /^lessons\//), []);
  assert.equal(offending(/^lessons\//, /^server\//), []);
});

test('the command line is a client: of the runtime it uses only what is pure, and for cp the archives', () => {
  const pure = [
    'runtime/syscalls/syscalls.ts',
    'runtime/syscalls/errno-text.ts',
    'runtime/data-root/api-address.ts',
    'runtime/kernel/make-directories.ts',
    'runtime/template/fill-in.ts',
    'runtime/journal/line.ts',
    'runtime/journal/step-id.ts',
    'runtime/journal/perfetto.ts',
    'runtime/journal/visible.ts',
    'runtime/journal/frame.ts',
    'runtime/journal/compare.ts',
    'runtime/journal/event.ts',
    'runtime/journal/former-ids.ts',
    'runtime/container/io/detach-keys.ts',
    'runtime/request/signal.ts',
    'runtime/oci/ulimit-names.ts',
    'runtime/network/request/added-host.ts',
    'runtime/network/ports/specification.ts',
    'runtime/build/git/is-repository.ts',
  ];
  // cp unpacks what comes from a container, which has to be as safe here as it is in the daemon
  const archives = ['read', 'write'].map((name) => `runtime/cli/client/copy.ts → runtime/storage/archive/${name}.ts`);
  // the context of a build is an archive, and what .dockerignore leaves out is said in one place
  const context = ['image/layer/tar-writer', 'build/glob/ignore'].map(
    (name) => `runtime/cli/client/build-context.ts → runtime/${name}.ts`,
  );
  assert.equal(offending(/^runtime\/cli\//, /^runtime\/(?!cli\/)/, [...pure, ...archives, ...context]), []);
});

test('steps know neither the engine that runs them nor the server', () => {
  assert.equal(offending(/^runtime\/(steps|executor)\//, /^runtime\/(engine|operation)\//), []);
});

test('steps read the spec and the container, not what a client asked for', () => {
  const readers = modules.filter(
    (path) => /^runtime\/(steps|executor)\//.test(path) && /\bc\.request\b|\.HostConfig\b/.test(read(path)),
  );
  // the step that makes the spec from the request
  assert.equal(readers, ['runtime/steps/container/config.ts']);
});

test('the kernel knows nothing of what it is used for', () => {
  const above = imports.filter(
    ({ from, to }) =>
      from.startsWith('runtime/kernel/') &&
      /^runtime\/(image|container|engine|operation|steps|network|storage|watch|cli)\/|^(server|lessons)\//.test(to),
  );
  assert.equal(
    above.map(({ from, to }) => `${from} → ${to}`),
    [],
    'not even their types',
  );
});

test('the journal is below everything: it knows system calls by name, and no more', () => {
  assert.equal(
    offending(/^runtime\/journal\//, /^runtime\/(?!journal\/)/, [
      'runtime/syscalls/syscalls.ts',
      'runtime/syscalls/calls.ts',
      'runtime/syscalls/errno-text.ts',
      'runtime/syscalls/constants.ts',
    ]),
    [],
  );
});

test('steps touch the machine only through the kernel they are given', () => {
  const direct = modules.filter(
    (path) =>
      /^runtime\/(steps|executor)\//.test(path) &&
      /from 'node:(?:fs|child_process|net|http|os|worker_threads)|import\('node:fs/.test(read(path)),
  );
  // A file that has to do this gives the reason in a comment on the line before.
  assert.equal(
    direct.filter((path) => !/\/\/ .*\n.*from 'node:/.test(read(path))),
    [],
  );
  assert.equal(offending(/^runtime\/steps\//, /^runtime\/kernel\/(linux\/|jobs\.ts$)/), []);
});

test('only linux.ts calls the addon for the daemon, others only as workers or to ask for names', () => {
  const users = [
    ...new Set(
      imports
        .filter(
          (i) =>
            i.to === 'runtime/syscalls/native.ts' && /\baddon\b/.test(read(i.from)) && i.from.startsWith('runtime/'),
        )
        .map((i) => i.from),
    ),
  ].sort();
  assert.equal(users, [
    'runtime/kernel/linux/linux.ts',
    'runtime/kernel/native-call.ts',
    'runtime/oci/seccomp/numbers.ts',
  ]);
});

test('ops.def and syscalls.ts name the same operations with the same arguments', () => {
  const native = [...read('native/ops.def').matchAll(/^(?:OP|SPECIAL)\((\w+),.*"(\w*)"\)/gm)].map(
    (m) => `${m[1]} ${m[2]!.replace(/[nz]/g, '')}`,
  );
  const typed = Object.entries(syscalls).map(([name, call]) => `${name} ${call.args.map((a) => a.kind).join('')}`);
  assert.equal(typed.sort(), native.sort());
});

test('children are reaped by one loop', () => {
  assert.equal(
    sources.filter((path) => path.startsWith('native/') && read(path).includes('SYS_wait4, -1')),
    ['native/reap.h'],
  );
});

test('step ids are unique and begin with their phase', () => {
  assert.ok(steps.length > 60, `only ${steps.length} steps`);
  assert.is(new Set(steps.map(({ id }) => id)).size, steps.length);
  for (const { id, phase } of steps) assert.match(id, new RegExp(`^${phase}\\.[a-z0-9]+(-[a-z0-9]+)*$`));
});

test('each step has a short title and says in at least two sentences what and why, and where to read on', () => {
  for (const { id, title, explain } of steps) {
    assert.ok(title.length >= 5 && title.length <= 60 && !title.endsWith('.'), `${id}: ${title}`);
    assert.match(explain.split('\n')[0]!, /[.:]$|[.:]\s/, `${id} begins with a sentence that stands alone`);
    const sentences = explain.split(/[.:!?](?:\s+|$)/).filter((sentence) => /\w{3}/.test(sentence));
    assert.ok(sentences.length >= 2, `${id} is explained in ${sentences.length} sentence`);
  }
  const source = /\b[a-z_0-9]+\(\d\)|\bspec(ification)?\b|\.rst|RFC \d+|distribution project/i;
  assert.equal(
    steps.filter(({ explain }) => !source.test(explain)).map(({ id }) => id),
    [],
    'steps that name no manual page and no specification',
  );
});

test('each step is named in some test', () => {
  const tests = modules
    .filter((path) => path.startsWith('test/') && path !== 'test/architecture.test.ts')
    .map(read)
    .join('\n');
  assert.equal(
    steps.map(({ id }) => id).filter((id) => !new RegExp(`['"\`]${id}\\b(?!-)`).test(tests)),
    [],
  );
});

/** Number of lines after formatting. A test is a list of cases, so it may be longer. */
const longest = (path: string) => (path.startsWith('test/') ? 400 : 340);

test('no source is longer than 340 lines, and no test longer than 400', () => {
  const page = listed('web').filter((path) => /\.(ts|svelte)$/.test(path));
  const lengths = [...sources, ...page].map((path) => ({ path, lines: read(path).split('\n').length - 1 }));
  assert.equal(
    lengths.filter(({ path, lines }) => lines > longest(path)).map(({ path, lines }) => `${path} ${lines}`),
    [],
  );
});

test('the files that README and docs name are there', () => {
  const texts = [
    'README.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    ...listed('docs').filter((path) => path.endsWith('.md')),
  ];
  const named = texts.flatMap((path) =>
    [...read(path).matchAll(/`((?:\.\.\/)?[\w./-]+\/[\w.-]+\.(?:ts|mjs|svelte|c|h|def))`/g)].map((m) => ({
      path,
      name: m[1]!,
    })),
  );
  assert.ok(named.length > 30, `only ${named.length} files are named`);
  const there = (name: string) => ['', 'runtime'].some((dir) => existsSync(join(packageRoot, dir, name)));
  assert.equal(
    named.filter(({ name }) => !/[A-Z]{4}/.test(name) && !there(name)).map(({ path, name }) => `${path}: ${name}`),
    [],
  );
});

test('no barrels, no drawers: a helper lives beside its concept', () => {
  assert.equal(
    sources.filter((path) => /^(index|utils?|helpers?|common|misc|lib)\.(ts|c|h)$/.test(basename(path))),
    [],
  );
  const barrels = modules.filter((path) => {
    const lines = read(path)
      .split('\n')
      .filter((line) => line.trim() && !/^\s*(\/\/|\/?\*)/.test(line));
    return lines.length > 2 && lines.every((line) => /^export .* from '/.test(line));
  });
  assert.equal(barrels, []);
});

test('types are never given up', () => {
  const code = (path: string) =>
    read(path).replace(/'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|\/\*[^]*?\*\/|\/\/ (?!@ts).*/g, "''");
  const given = modules.filter(
    (path) =>
      path !== 'test/architecture.test.ts' &&
      /\bas any\b|:\s*any\b|<any>|@ts-(ignore|nocheck|expect-error)|eslint-disable/.test(code(path)),
  );
  assert.equal(given, []);
});

test('nothing is left for later', () => {
  assert.equal(
    sources.filter((path) => path !== 'test/architecture.test.ts' && /\b(TODO|FIXME|XXX|HACK)\b/.test(read(path))),
    [],
  );
});

test('every test file runs its tests', () => {
  const silent = modules.filter(
    (path) => path.endsWith('.test.ts') && !/\.run\(\)|^await \w+Suite\(/m.test(read(path)),
  );
  assert.equal(silent, []);
});

test("every file of the kernel's folder says in its first lines what it is for", () => {
  const mute = modules.filter(
    (path) =>
      /^runtime\/(kernel|syscalls|steps|container|engine|operation|journal)\//.test(path) &&
      !/\/\*\*|\/\//.test(read(path)) &&
      !/explain: `/.test(read(path)),
  );
  assert.equal(mute, []);
});

test.run();
