import * as assert from 'uvu/assert';
import { pathBytes, showPath } from '../../runtime/storage/pathname.ts';
import { MORE, parseUpper, showUpper, type UpperEntry } from '../../runtime/storage/overlay2/upper.ts';
import { suite } from '../harness.ts';

const test = suite('facts about upper');

const entries: [string, UpperEntry][] = [
  [
    'copied-up file 0644 0:0 1432 from sha256:9f3c',
    { what: 'copied-up', type: 'file', mode: 0o644, uid: 0, gid: 0, size: 1432, from: 'sha256:9f3c' },
  ],
  ['created dir 1777 33:100 0', { what: 'created', type: 'dir', mode: 0o1777, uid: 33, gid: 100, size: 0 }],
  [
    'whiteout char 0000 0:0 0 from sha256:9f3c',
    { what: 'whiteout', type: 'char', mode: 0, uid: 0, gid: 0, size: 0, from: 'sha256:9f3c' },
  ],
];
for (const [words, entry] of entries) {
  test(`written and read: ${words}`, () => {
    assert.is(showUpper(entry), words);
    assert.equal(parseUpper(words), entry);
  });
}

test('what counts the rest is no entry, nor is anything else', () => {
  for (const value of [
    '99500 more entries',
    '',
    'stolen file 0644 0:0 1',
    'created file 0999 0:0 1',
    'created file 0644 0:0 1 from ',
  ])
    assert.is(parseUpper(value), undefined, value);
  assert.not.match(MORE, /^\//);
});

test('every name is shown without a control character, and stands for its own bytes', () => {
  const names: [Buffer, string][] = [
    [Buffer.from('/etc/pässwd 日本'), '/etc/pässwd 日本'],
    [Buffer.from('/a\nnow gone\x1b[2J\t'), '/a\\nnow gone\\x1b[2J\\t'],
    [Buffer.from('/dev-disk-by\\x2duuid'), '/dev-disk-by\\\\x2duuid'],
    [Buffer.from([0x2f, 0xc3, 0xa4, 0x2f, 0xff]), '/ä/\\xff'],
    [Buffer.from([0x2f, 0xff, 0x0a, 0xc3, 0x28, 0x5c]), '/\\xff\\n\\xc3(\\\\'],
    [Buffer.from('/\u202egnp.exe\u0085\u2028'), '/\\xe2\\x80\\xaegnp.exe\\xc2\\x85\\xe2\\x80\\xa8'],
  ];
  for (const [bytes, shown] of names) {
    assert.is(showPath(bytes), shown);
    assert.equal(pathBytes(shown), bytes, shown);
  }
});

test.run();
