import * as assert from 'uvu/assert';
import { withSites } from '../../runtime/syscalls/call-sites.mjs';
import { asked, asking } from '../../runtime/syscalls/call-site.ts';
import { suite } from '../harness.ts';

const test = suite('lines that ask for calls');
const of = (line: string) => withSites(line, 'a.ts');

test('a call to the kernel is given its file and line, and nothing else is touched', () => {
  assert.is(of('await k.stage.mount(a, b);'), "await asking('a.ts:1', k.stage).mount(a, b);");
  assert.is(
    of('x\n  await tolerate([E], this.#kernel.daemon.close(fd));'),
    "x\n  await tolerate([E], asking('a.ts:2', this.#kernel.daemon).close(fd));",
  );
  assert.is(of('const target = stage.openat2(root);'), "const target = asking('a.ts:1', stage).openat2(root);");
  assert.is(of("await k.run({ actor: 'shim', args });"), "await k.run({ source: 'a.ts:1', actor: 'shim', args });");
  assert.is(of('inside(k, c).get(...getLink(PEER))'), "asking('a.ts:1', inside(k, c)).get(...getLink(PEER))");
  const untouched = [
    '// k.stage.mount(a)',
    '/*\n * k.daemon.close(fd)\n */',
    "'k.stage.mount(a)'",
    'map.get(k.stage)',
    'this.#socket.close()',
    'export async function withNetlink<T>(k: Kernel) {}',
    'c.live.stageSocket',
    'backstage.mount(a)',
    'k.stage[name](a)',
  ];
  for (const text of untouched) assert.is(of(text), text);
});

test('a call that goes over several lines is on the line of its name', () => {
  assert.is(
    of('await this.k.stage\n  .mount(\n    a,\n  );'),
    "await asking('a.ts:2', this.k.stage)\n  .mount(\n    a,\n  );",
  );
  assert.is(
    of("k.run({\n  actor: 'shim',\n  name: 'getpid',\n});"),
    "k.run({ source: 'a.ts:3',\n  actor: 'shim',\n  name: 'getpid',\n});",
  );
});

test('what was asked is told once', () => {
  const whom = {};
  assert.is(asking('a.ts:1', whom), whom);
  assert.equal([asked(), asked()], ['a.ts:1', undefined]);
});

test.run();
