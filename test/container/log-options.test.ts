/** What the options of a log say to the shim, and what --details shows. */
import * as assert from 'uvu/assert';
import { attributesOf, type LogSubject } from '../../runtime/container/logs/attributes.ts';
import { logOf } from '../../runtime/drivers/log.ts';
import { suite } from '../harness.ts';

const test = suite('options of logs');
const limits = (Type: string, Config: Record<string, string> = {}) => logOf({ Type, Config }, '/x').target.limits;

test('without options no log grows for ever', () => {
  assert.equal(limits(''), { size: 100_000_000, files: 5 });
  assert.equal(limits('local'), { size: 20 << 20, files: 5 });
  assert.is(limits('none'), undefined);
});

test('a size alone means one file for json-file, as for dockerd, and a number of files alone keeps the size', () => {
  assert.equal(limits('json-file', { 'max-size': '1m' }), { size: 1_000_000, files: 1 });
  assert.equal(limits('local', { 'max-size': '1m' }), { size: 1_000_000, files: 5 });
  assert.equal(limits('json-file', { 'max-file': '7' }), { size: 100_000_000, files: 7 });
  assert.is(limits('json-file', { 'max-size': '-1' }), undefined);
});

const subject: LogSubject = {
  id: '0123456789abcdef',
  name: 'web',
  image: 'nginx:1',
  imageID: 'sha256:0011223344',
  command: ['a', 'b c'],
  labels: { one: '1', two: 'x=y,&z', __proto__: 'p' },
  env: ['PATH=/bin', 'EMPTY=', 'GONE'],
};

test('labels and variables are shown by name, sorted and escaped; those that are not there are left out', () => {
  assert.is(
    attributesOf({ labels: 'two,one,none,toString', env: 'EMPTY,GONE,PATH' }, subject),
    'EMPTY=,PATH=%2Fbin,one=1,two=x%3Dy%2C%26z',
  );
  assert.is(attributesOf({}, subject), '');
});

test('labels-regex and env-regex find names as Go does, and take no longer than they may', () => {
  const attributes = (regex: string) => attributesOf({ 'labels-regex': regex }, subject);
  assert.is(attributesOf({ 'labels-regex': '^(?P<all>o)', 'env-regex': '(?i)path\\z' }, subject), 'PATH=%2Fbin,one=1');
  assert.is(attributes('\\Aone\\z'), 'one=1');
  assert.is(attributes('nothing'), '');
  const labels = { ['a'.repeat(60)]: '1' };
  assert.throws(() => attributesOf({ 'labels-regex': '(a+)+$b' }, { ...subject, labels }), /more than 1000 ms/);
  for (const regex of ['(', '(a)\\1', '(?<!a)b', '(?!b)', '[[:alpha:]]', '\\pL', 'a'.repeat(1001)])
    assert.throws(() => logOf({ Config: { 'env-regex': regex } }, '/x'), /error parsing regexp/);
});

test('a tag is a template of the names that dockerd has', () => {
  const tag = '{{.ID}} {{ .FullID }} {{.Name}} {{.ImageID}} {{.ImageName}} {{.Command}}!';
  assert.is(
    decodeURIComponent(attributesOf({ tag }, subject)).replaceAll('+', ' '),
    'tag=0123456789ab 0123456789abcdef web sha256:00112 nginx:1 a b c!',
  );
});

test.run();
