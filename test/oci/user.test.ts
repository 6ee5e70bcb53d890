import * as assert from 'uvu/assert';
import { resolveUser } from '../../runtime/oci/user.ts';
import { suite } from '../harness.ts';

const test = suite("--user against the image's own files");
const passwd = `root:x:0:0:root:/root:/bin/sh
# a comment:x:7:7::/no:
daemon:x:1:1:daemon:/usr/sbin:/bin/false
app:x:1000:50:App:/home/app:/bin/sh
1234:x:77:78:a name of digits:/home/digits:
nohome:x:5:5
`;
const group = 'root:x:0:\nstaff:x:50:\nlog:x:4:app,daemon\naudio:x:29:app\n99:x:98:\n';
const of = (spec: string, add: string[] = []) => {
  const { uid, gid, gids, home, name } = resolveUser(spec, passwd, group, add);
  return [uid, gid, gids, home, name];
};

for (const [spec, want] of [
  ['', [0, 0, [0], '/root', 'root']],
  ['root', [0, 0, [0], '/root', 'root']],
  ['app', [1000, 50, [50, 4, 29], '/home/app', 'app']],
  ['1000', [1000, 50, [50, 4, 29], '/home/app', 'app']],
  ['app:root', [1000, 0, [0], '/home/app', 'app']],
  ['app:29', [1000, 29, [29], '/home/app', 'app']],
  ['5000', [5000, 0, [0], '/', '']],
  ['5000:6000', [5000, 6000, [6000], '/', '']],
  [':audio', [0, 29, [29], '/root', 'root']],
  ['nohome', [5, 5, [5], '/', 'nohome']],
  ['app:', [1000, 50, [50, 4, 29], '/home/app', 'app']],
] as const) {
  test(`"${spec}" is uid ${want[0]}, gid ${want[1]}`, () =>
    assert.equal(
      of(spec),
      [...want].map((v) => (Array.isArray(v) ? [...v] : v)),
    ));
}

for (const [spec, uid, gid] of [
  ['1234', 1234, 0],
  ['01234', 1234, 0],
  ['+1000', 1000, 50],
  ['007', 7, 0],
  ['+5', 5, 5],
  ['app:99', 1000, 99],
  ['app:+29', 1000, 29],
  ['-0', 0, 0],
] as const) {
  test(`"${spec}" is a number, though an entry has such a name: ${uid}:${gid}`, () =>
    assert.equal(of(spec).slice(0, 2), [uid, gid]));
}

test('groups to add come by name or number, and none twice', () => {
  assert.equal(of('app', ['audio', '50', '1234', '99', '+7'])[2], [50, 4, 29, 1234, 99, 7]);
});

test("who is in no file is refused with docker's words", () => {
  assert.throws(() => of('nobody'), 'unable to find user nobody: no matching entries in passwd file');
  assert.throws(() => of('app:nogroup'), 'unable to find group nogroup: no matching entries in group file');
  assert.throws(() => of('app', ['nogroup']), 'unable to find group nogroup');
});

test("numbers beyond docker's range are refused, also where an entry has them as its name", () => {
  const passwd = '99999999999:x:0:0::/root:\n4294967296:x:0:0::/root:\n-1:x:0:0::/root:\n';
  const group = '99999999999:x:0:\n-1:x:0:\n';
  for (const id of ['2147483648', '4294967295', '4294967296', '99999999999', '99999999999999999999', '-1']) {
    assert.throws(() => resolveUser(id, passwd, group), /uids and gids must be in range 0-2147483647/, id);
    assert.throws(() => resolveUser(`0:${id}`, passwd, group), /must be in range/, id);
    assert.throws(() => resolveUser('0', passwd, group, [id]), /must be in range/, id);
  }
  assert.is(of('2147483647')[0], 2147483647);
});

test('a name may have any id that the kernel has', () => {
  assert.is(resolveUser('big', 'big:x:4294967294:7::/:\n', '').uid, 4294967294);
  assert.throws(() => resolveUser('big', 'big:x:4294967295:7::/:\n', ''), /outside of the range/);
});

test('an image may have no files, or files of nonsense', () => {
  assert.equal(resolveUser('', '', ''), { uid: 0, gid: 0, gids: [0], home: '/', name: '' });
  assert.equal(resolveUser('3:4', '\0\0::\n::::\n', 'x\ny:\n').uid, 3);
});

test('an id that is no number does not mean root', () => {
  assert.throws(() => resolveUser('evil', 'evil:x:abc:0::/:\n', ''));
  assert.throws(() => resolveUser('evil', 'evil:x::0::/:\n', ''));
  assert.throws(() => resolveUser('evil', 'evil:x:-1:0::/:\n', ''));
  assert.throws(() => resolveUser('0:evil', '', 'evil:x:abc:\n'));
  assert.is(resolveUser('0', '+::::::\nroot:x:0:0::/root:\n', '').name, 'root');
});

test.run();
