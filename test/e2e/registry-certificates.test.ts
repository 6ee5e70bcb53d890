/** A registry with an authority of its own, which asks for a client's certificate: certs.d. And pull --all-tags. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import * as assert from 'uvu/assert';
import { registryTls } from '../../runtime/kernel/registry-certificates.ts';
import { certificates } from './certificates.ts';
import { site } from './site.ts';

const work = mkdtempSync('/tmp/dd-certs-');
process.env['DRYDOCK_CERTS_D'] = join(work, 'certs.d');
const s = await site('registries with certificates of their own', { images: [], also: ['openssl'] });
const made = certificates(join(work, 'made'));
let front: Server;
let host: string;
/** certs.d/HOST:PORT */
let dir: string;

s.test.before(async () => {
  const pem = (name: string) => readFileSync(join(made.server, `${name}.pem`));
  const options = { cert: pem('cert'), key: pem('key'), ca: pem('ca'), requestCert: true };
  front = createServer(options, (client) => {
    const registry = connect(s.registry.port, '127.0.0.1');
    client.pipe(registry).pipe(client);
    client.on('error', () => registry.destroy());
    registry.on('error', () => client.destroy());
  });
  front.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  host = `127.0.0.1:${(front.address() as AddressInfo).port}`;
  dir = join(work, 'certs.d', host);
  mkdirSync(dir, { recursive: true });
});
s.test.after(() => {
  front.close();
  rmSync(work, { recursive: true });
});

s.test('the authority and the certificate of certs.d are used, as soon as they are there', async () => {
  const pull = () => s.daemon.docker('pull', '-q', `${host}/library/ubuntu`);
  assert.is((await pull()).code, 1);
  copyFileSync(join(made.client, 'ca.pem'), join(dir, 'ca.crt'));
  // the registry is known now, and does not know us
  assert.is((await pull()).code, 1);
  copyFileSync(join(made.client, 'cert.pem'), join(dir, 'client.cert'));
  assert.throws(() => registryTls(host), /missing key client\.key for client certificate client\.cert/);
  copyFileSync(join(made.client, 'key.pem'), join(dir, 'client.key'));
  assert.is((await pull()).out.trim(), `${host}/library/ubuntu:latest`);
});

s.test('a host that is a path, or has no directory, has no certificates', () => {
  for (const name of ['..', '.', `../certs.d/${host}`, 'other.example']) assert.is(registryTls(name), undefined, name);
  assert.ok(registryTls(host)!.ca.length > 1, 'the well-known authorities hold too');
});

s.test('pull --all-tags pulls each of them', async () => {
  const name = `${s.registry.host}/many`;
  await s.daemon.dockerOk('pull', '-q', `${s.registry.host}/library/ubuntu`);
  for (const tag of ['a', 'b', 'c']) {
    await s.daemon.dockerOk('tag', `${s.registry.host}/library/ubuntu`, `${name}:${tag}`);
    await s.daemon.dockerOk('push', '-q', `${name}:${tag}`);
    await s.daemon.dockerOk('rmi', `${name}:${tag}`);
  }
  await s.daemon.dockerOk('pull', '-q', '--all-tags', name);
  const tags = await s.daemon.dockerOk('images', '--format', '{{.Tag}}', name);
  assert.equal(tags.split('\n').sort(), ['a', 'b', 'c']);
});

s.test.run();
