/** `drydock registry` as a program: TLS, users, signals, options, and a kill in the middle of a push. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { hashSync } from 'bcryptjs';
import * as assert from 'uvu/assert';
import { drydock } from '../cli/command.ts';
import { sh, suite } from '../harness.ts';
import { writeLayout } from '../image/layout.ts';
import { sample } from '../image/sample.ts';
import { skopeo } from './skopeo.ts';
import { until } from '../until.ts';

const test = suite('drydock registry');
const work = mkdtempSync('/dev/shm/drydock-registry-program-');
const root = join(work, 'storage');
const running = new Set<ChildProcess>();
test.after(() => {
  for (const child of running) child.kill('SIGKILL');
  rmSync(work, { recursive: true, force: true });
});

interface Started {
  child: ChildProcess;
  url: string;
  lines: string[];
  ended: Promise<number | null>;
}
async function start(...flags: string[]): Promise<Started> {
  const args = [drydock, 'registry', '--root', root, '--listen', '127.0.0.1:0', ...flags];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  running.add(child);
  const lines: string[] = [];
  const ended = new Promise<number | null>((resolve) =>
    child.on('close', (code) => {
      running.delete(child);
      resolve(code);
    }),
  );
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line);
      const found = /^the registry serves .* at (http\S+)$/.exec(line)?.[1];
      if (found) resolve(found);
    });
    void ended.then((code) => reject(new Error(`it ended with ${code}: ${lines.join('\n')}`)));
  });
  return { child, url, lines, ended };
}
const refusal = (...flags: string[]): Promise<string> =>
  start(...flags).then(
    () => 'it started',
    (error: Error) => error.message,
  );
const digest = (content: string) => `sha256:${createHash('sha256').update(content).digest('hex')}`;

test('goes on with an upload after kill -9, and ends with 0 on SIGTERM', async () => {
  const first = await start('-q');
  const begun = await fetch(`${first.url}/v2/some/blobs/uploads/`, { method: 'POST' });
  const path = begun.headers.get('location')!;
  assert.is((await fetch(first.url + path, { method: 'PATCH', body: 'before ' })).status, 202);
  first.child.kill('SIGKILL');
  await first.ended;
  const second = await start();
  assert.is((await fetch(second.url + path)).headers.get('range'), '0-6');
  const whole = digest('before and after');
  const done = await fetch(`${second.url}${path}?digest=${whole}`, { method: 'PUT', body: 'and after' });
  assert.is(done.status, 201, await done.text());
  assert.is(await (await fetch(`${second.url}/v2/some/blobs/${whole}`)).text(), 'before and after');
  await until('the request is in the log', () =>
    second.lines.some((line) => / - GET \/v2\/some\/blobs\/sha256:[0-9a-f]+ 200$/.test(line)),
  );
  second.child.kill('SIGTERM');
  assert.is(await second.ended, 0);
});

test(['skopeo', 'openssl', 'root'], 'skopeo pushes and pulls with TLS and a password', async () => {
  const certs = join(work, 'certs');
  mkdirSync(certs);
  const [cert, key] = [join(certs, 'ca.crt'), join(certs, 'key.pem')];
  const subject = ['-subj', '/CN=registry', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
  sh(
    'openssl',
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-keyout',
    key,
    '-out',
    cert,
    ...subject,
  );
  const users = join(work, 'users');
  writeFileSync(users, `# those who may push\nme:${hashSync('secret', 4)}\n`);
  const served = await start('--tls-cert', cert, '--tls-key', key, '--htpasswd', users);
  assert.match(served.url, /^https:/);
  const name = `docker://${served.url.slice('https://'.length)}/team/thing:v1`;
  writeLayout(join(work, 'layout'), sample([[{ name: 'a', content: 'hello' }]]));
  const copy = (...creds: string[]) =>
    skopeo('copy', '--dest-cert-dir', certs, ...creds, `oci:${join(work, 'layout')}:latest`, name);
  const refused = await copy('--dest-creds', 'me:wrong').then(String, (error: Error) => error.message);
  assert.match(refused, /authentication required|unauthorized/);
  await copy('--dest-creds', 'me:secret');
  await skopeo('copy', '--src-cert-dir', certs, '--src-creds', 'me:secret', name, `dir:${join(work, 'out')}`);
  assert.ok(readFileSync(join(work, 'out/manifest.json')).length > 0);
  // users that are added while it runs
  writeFileSync(users, `${readFileSync(users, 'utf8')}you:${hashSync('other', 4)}\n`);
  await skopeo('inspect', '--cert-dir', certs, '--creds', 'you:other', name);
  served.child.kill('SIGHUP');
  await skopeo('inspect', '--cert-dir', certs, '--creds', 'me:secret', name);
  served.child.kill('SIGTERM');
  assert.is(await served.ended, 0);
  assert.match(served.lines.join('\n'), / me PUT \/v2\/team\/thing\/manifests\/v1 201/);
});

test('says what is wrong with its options, and does not start', async () => {
  assert.match(await refusal('--listen', '0.0.0.0:0'), /can be reached from other machines: give --tls-cert/);
  assert.match(await refusal('--listen', 'nowhere'), /ended with 1: drydock: invalid address "nowhere"/);
  assert.match(await refusal('--tls-cert', '/nope'), /belong together/);
  const bad = join(work, 'bad');
  writeFileSync(bad, 'me:plaintext\n');
  assert.match(await refusal('--htpasswd', bad), /line 1: not a user with a bcrypt hash; make it with: htpasswd -nB/);
  assert.match(await refusal('--root', join(bad, 'below')), /ended with 1: drydock: ENOTDIR/);
});

test.run();
