import * as assert from 'uvu/assert';
import {
  canonicalName,
  familiarName,
  isPath,
  isTag,
  normalize,
  parseReference,
} from '../../runtime/image/manifest/reference.ts';
import { ApiError } from '../../runtime/errors/api-error.ts';
import { suite } from '../harness.ts';

const test = suite('image reference');
const hex = 'a'.repeat(64);

const good: [text: string, canonical: string, familiar: string][] = [
  ['ubuntu', 'docker.io/library/ubuntu:latest', 'ubuntu:latest'],
  ['ubuntu:22.04', 'docker.io/library/ubuntu:22.04', 'ubuntu:22.04'],
  ['someone/thing', 'docker.io/someone/thing:latest', 'someone/thing:latest'],
  ['docker.io/ubuntu', 'docker.io/library/ubuntu:latest', 'ubuntu:latest'],
  ['index.docker.io/library/ubuntu:x', 'docker.io/library/ubuntu:x', 'ubuntu:x'],
  ['docker.io/library/a/b', 'docker.io/library/a/b:latest', 'library/a/b:latest'],
  ['localhost/a', 'localhost/a:latest', 'localhost/a:latest'],
  ['localhost:5000/a/b:t', 'localhost:5000/a/b:t', 'localhost:5000/a/b:t'],
  ['127.0.0.1:5000/a', '127.0.0.1:5000/a:latest', '127.0.0.1:5000/a:latest'],
  ['[::1]:5000/a:1', '[::1]:5000/a:1', '[::1]:5000/a:1'],
  ['Host/a', 'Host/a:latest', 'Host/a:latest'],
  ['a.b/c-d__e.f/g--h', 'a.b/c-d__e.f/g--h:latest', 'a.b/c-d__e.f/g--h:latest'],
  [`ubuntu@sha256:${hex}`, `docker.io/library/ubuntu@sha256:${hex}`, `ubuntu@sha256:${hex}`],
  [`ubuntu:22.04@sha256:${hex}`, `docker.io/library/ubuntu@sha256:${hex}`, `ubuntu@sha256:${hex}`],
  [`a:${'t'.repeat(128)}`, `docker.io/library/a:${'t'.repeat(128)}`, `a:${'t'.repeat(128)}`],
];
for (const [text, canonical, familiar] of good) {
  test(`${text.slice(0, 60)} is read as ${canonical.slice(0, 80)}`, () => {
    assert.is(canonicalName(normalize(text)), canonical);
    assert.is(familiarName(normalize(text)), familiar);
    assert.is(canonicalName(normalize(familiar)), canonical);
  });
}

const bad: [text: string, message: RegExp][] = [
  ['', /^invalid reference format$/],
  ['Ubuntu', /^invalid reference format: repository name \(library\/Ubuntu\) must be lowercase$/],
  ['someone/Thing:x', /repository name \(someone\/Thing\) must be lowercase/],
  ['ubuntu:', /^invalid reference format$/],
  ['ubuntu:a b', /^invalid reference format$/],
  [`ubuntu:${'t'.repeat(129)}`, /^invalid reference format$/],
  ['ubuntu:-x', /^invalid reference format$/],
  ['a//b', /^invalid reference format$/],
  ['-a', /^invalid reference format$/],
  ['a_-b', /^invalid reference format$/],
  ['a___b', /^invalid reference format$/],
  ['a..b/c/../d', /^invalid reference format$/],
  ['../etc/passwd', /^invalid reference format$/],
  ['ubuntu\n', /^invalid reference format$/],
  ['host:port/a', /^invalid reference format$/],
  ['ubuntu@sha256:abc', /^invalid reference format$/],
  [`ubuntu@md5:${hex}`, /unsupported digest/],
  [`ubuntu@sha256:${'A'.repeat(64)}`, /unsupported digest/],
  [hex, /cannot specify 64-byte hexadecimal strings/],
  [`a/${'b'.repeat(256)}`, /must not be more than 255 characters/],
  ['a'.repeat(1e6), /^invalid reference format$/],
];
for (const [text, message] of bad) {
  test(`the reference ${JSON.stringify(text.slice(0, 60))} is refused`, () => {
    assert.throws(
      () => parseReference(text),
      (error: unknown) => error instanceof ApiError && error.status === 400 && message.test(error.message),
    );
  });
}

test('knows what may be a tag and a repository in a registry', () => {
  assert.ok(isTag('v1.0-rc_1') && isPath('library/ubuntu'));
  assert.not.ok(
    isTag('.x') || isTag('') || isPath('A') || isPath('a/') || isPath('a/../b') || isPath(`a/${'b'.repeat(300)}`),
  );
});

test('takes no long time for a hostile name', () => {
  // The CPU time of this process, because other load on the machine must not count.
  const begun = process.cpuUsage();
  for (const text of ['a-'.repeat(2000), 'a.'.repeat(2000), `${'a'.repeat(3000)}!`, `${'a/'.repeat(1500)}!`])
    assert.throws(() => parseReference(text));
  const { user } = process.cpuUsage(begun);
  assert.ok(user < 500_000, `${user} µs`);
});

test.run();
