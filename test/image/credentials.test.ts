import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { readChallenges } from '../../runtime/image/registry/challenge.ts';
import { storedCredentials } from '../../runtime/image/registry/credentials.ts';
import { endpointsOf, mayBePlain } from '../../runtime/image/registry/endpoint.ts';
import { normalize } from '../../runtime/image/manifest/reference.ts';
import { retryAfterMs } from '../../runtime/image/registry/retry.ts';
import { suite } from '../harness.ts';
import { failure } from './sample.ts';

const test = suite('credentials and endpoints');
const work = mkdtempSync('/tmp/drydock-credentials-');
const before = process.env['PATH'];
test.after(() => {
  process.env['PATH'] = before;
  rmSync(work, { recursive: true, force: true });
});
const base64 = (text: string) => Buffer.from(text).toString('base64');
let count = 0;
function home(config: unknown): NodeJS.ProcessEnv {
  const dir = join(work, String(++count));
  mkdirSync(join(dir, '.docker'), { recursive: true });
  writeFileSync(join(dir, '.docker/config.json'), typeof config === 'string' ? config : JSON.stringify(config));
  return { HOME: dir };
}
/** A credential helper that answers from a table and records its requests. */
function helper(name: string, script: string): void {
  writeFileSync(join(work, `docker-credential-${name}`), `#!/bin/sh\n${script}\n`);
  chmodSync(join(work, `docker-credential-${name}`), 0o755);
  process.env['PATH'] = `${work}:${before}`;
}

test('reads auths under the names that clients have used for a registry', async () => {
  const env = home({
    auths: {
      'https://index.docker.io/v1/': { auth: base64('hub:a:b') },
      'localhost:5000': { username: 'u', password: 'p' },
      'https://old.example/v1/': { auth: base64('o:x\0') },
      'id.example': { auth: base64('x:'), identitytoken: 'T' },
    },
  });
  assert.equal(await storedCredentials('docker.io', env), { username: 'hub', password: 'a:b' });
  assert.equal(await storedCredentials('localhost:5000', env), { username: 'u', password: 'p' });
  assert.equal(await storedCredentials('old.example', env), { username: 'o', password: 'x' });
  assert.equal(await storedCredentials('id.example', env), { identitytoken: 'T' });
  assert.is(await storedCredentials('other.example', env), undefined);
  assert.is(await storedCredentials('docker.io', { HOME: join(work, 'nobody') }), undefined);
  assert.equal(await storedCredentials('localhost:5000', { DOCKER_CONFIG: join(env['HOME']!, '.docker') }), {
    username: 'u',
    password: 'p',
  });
});

test('asks the helper of a registry, then the store of all', async () => {
  helper('one', `read -r host; echo "{\\"Username\\":\\"for $host\\",\\"Secret\\":\\"s\\"}"`);
  helper(
    'all',
    `read -r host; if [ "$host" = none.example ]; then echo "credentials not found in native keychain"; exit 1; fi; echo '{"Username":"<token>","Secret":"T"}'`,
  );
  const env = home({
    credHelpers: { 'a.example': 'one' },
    credsStore: 'all',
    auths: { 'none.example': { auth: base64('file:pw') } },
  });
  assert.equal(await storedCredentials('a.example', env), { username: 'for a.example', password: 's' });
  assert.equal(await storedCredentials('b.example', env), { identitytoken: 'T' });
  assert.equal(await storedCredentials('none.example', env), { username: 'file', password: 'pw' });
});

test('says what is wrong with a config or a helper', async () => {
  helper('broken', 'echo boom; exit 3');
  assert.match((await failure(storedCredentials('a', home('{')))).message, /config\.json is not JSON/);
  assert.match(
    (await failure(storedCredentials('a', home({ credsStore: 'broken' })))).message,
    /docker-credential-broken get failed: boom/,
  );
  assert.match(
    (await failure(storedCredentials('a', home({ credsStore: 'absent' })))).message,
    /docker-credential-absent get failed: it is not installed/,
  );
  assert.match(
    (await failure(storedCredentials('a', home({ credsStore: '../../bin/sh' })))).message,
    /no name of a credential helper/,
  );
});

test('reads challenges with commas, quotes and several schemes', () => {
  assert.equal(readChallenges('Bearer realm="https://a/t",service="a, b",scope="repository:x:pull,push"'), [
    { scheme: 'bearer', params: { realm: 'https://a/t', service: 'a, b', scope: 'repository:x:pull,push' } },
  ]);
  assert.equal(readChallenges('Basic realm="a \\"b\\"", Bearer realm=x'), [
    { scheme: 'basic', params: { realm: 'a "b"' } },
    { scheme: 'bearer', params: { realm: 'x' } },
  ]);
  assert.equal(readChallenges(''), []);
  assert.equal(readChallenges('=,,"'), []);
  // The CPU time of this process, because other load on the machine must not count.
  const begun = process.cpuUsage();
  readChallenges(`Bearer ${'a=,'.repeat(2000)} ${'"'.repeat(2000)}`);
  assert.ok(process.cpuUsage(begun).user < 200_000);
});

test('leaves TLS out on loopback and where the settings allow it, and nowhere else', () => {
  const settings = { insecureRegistries: ['plain.example', 'port.example:5000', '10.1.0.0/16'], registryMirrors: [] };
  for (const yes of [
    'localhost',
    'localhost:5000',
    '127.0.0.1:5000',
    '127.9.9.9',
    '[::1]:5000',
    'plain.example',
    'plain.example:80',
    'port.example:5000',
    '10.1.2.3:5000',
  ])
    assert.ok(mayBePlain(yes, settings), yes);
  for (const no of ['docker.io', 'port.example', '10.2.0.1', 'localhost.example', '127.0.0.1.example:5000'])
    assert.not.ok(mayBePlain(no, settings), no);
});

test('asks mirrors for docker.io only', () => {
  const settings = { insecureRegistries: [], registryMirrors: ['https://m.example/', 'http://127.0.0.1:5000'] };
  assert.equal(endpointsOf(normalize('ubuntu'), settings), [
    { kind: 'mirror', bases: ['https://m.example'] },
    { kind: 'mirror', bases: ['http://127.0.0.1:5000'] },
    { kind: 'origin', bases: ['https://registry-1.docker.io'] },
  ]);
  assert.equal(endpointsOf(normalize('ghcr.io/a/b'), settings), [{ kind: 'origin', bases: ['https://ghcr.io'] }]);
  assert.throws(
    () => endpointsOf(normalize('ubuntu'), { ...settings, registryMirrors: ['ftp://x'] }),
    /invalid registry mirror "ftp:\/\/x"/,
  );
});

test('reads Retry-After as seconds and as a date', () => {
  assert.is(retryAfterMs('7'), 7000);
  assert.is(retryAfterMs('Thu, 01 Jan 1970 00:00:10 GMT', 4000), 6000);
  assert.is(retryAfterMs('soon'), undefined);
  assert.is(retryAfterMs(undefined), undefined);
});

test.run();
