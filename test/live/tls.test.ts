/** Listening for other machines: only with TLS, and only for the host names in the certificate. */
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { WebSocket } from 'ws';
import * as assert from 'uvu/assert';
import { secured, type Tls } from '../../server/sockets/origin.ts';
import { sh, suite } from '../harness.ts';
import { Site, type Answer } from './visitor.ts';

const test = suite('playground with TLS', 'openssl');
let site: Site;
let mine: Tls;
let other: Tls;
let port = 0;

function certificate(name: string, names: string, ...more: string[]): Tls {
  const [cert, key] = ['cert', 'key'].map((part) => join(site.dir, `${name}.${part}.pem`));
  const kind = more.includes('-newkey') ? [] : ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  sh(
    'openssl',
    'req',
    '-x509',
    ...kind,
    '-nodes',
    '-subj',
    '/CN=drydock test',
    '-keyout',
    key!,
    '-out',
    cert!,
    ...(names ? ['-addext', `subjectAltName=${names}`] : []),
    ...more,
  );
  return { address: '127.0.0.1', port: 0, cert: readFileSync(cert!, 'utf8'), key: readFileSync(key!, 'utf8') };
}

function get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const req = request(
      {
        host: '127.0.0.1',
        port,
        path,
        agent: false,
        ca: mine.cert,
        servername: 'dock.example',
        headers: { Host: `dock.example:${port}`, ...headers },
      },
      (res) => {
        let body = '';
        res.on('data', (data) => (body += data));
        res.on('end', () => resolve({ status: res.statusCode!, headers: res.headers, body }));
      },
    );
    req.on('error', reject);
    req.end();
  });
}

const refusedWith = async (tls: Tls): Promise<string> =>
  site.playground.address(0, tls).then(
    () => 'taken',
    (error: Error) => error.message,
  );
/** Exchanges a token for a cookie. */
async function session(): Promise<string> {
  const url = new URL((await site.playground.address(0, mine)).url);
  const opened = await get(`${url.pathname}${url.search}`);
  return String(opened.headers['set-cookie']?.[0]).split(';')[0]!;
}

test.before(async () => {
  site = await new Site().open();
  mine = certificate('mine', 'DNS:dock.example,IP:127.0.0.1');
  other = certificate('other', 'DNS:other.example');
  port = Number(new URL((await site.playground.address(0, mine)).url).port);
});
test.after(() => site.close());

test('the address has the first name of the certificate, and the cookie goes over TLS only', async () => {
  const url = new URL((await site.playground.address(0, mine)).url);
  assert.equal([url.protocol, url.hostname], ['https:', 'dock.example']);
  const opened = await get(`${url.pathname}${url.search}`);
  assert.is(opened.status, 200);
  assert.match(String(opened.headers['set-cookie']), /; HttpOnly; SameSite=Strict; Secure$/);
  assert.match(String(opened.headers['content-security-policy']), `wss://dock.example:${port}`);
});

test('only the names of the certificate are answered to', async () => {
  const Cookie = await session();
  for (const Host of [`dock.example:${port}`, `127.0.0.1:${port}`])
    assert.is((await get('/', { Cookie, Host })).status, 200, Host);
  for (const Host of [`other.example:${port}`, `localhost:${port}`, 'dock.example', `dock.example:${port + 1}`])
    assert.is((await get('/', { Cookie, Host })).status, 403, Host);
});

test('an upgrade says its origin with https', async () => {
  const Cookie = await session();
  const ends = (origin: string) =>
    new Promise<string>((resolve) => {
      const socket = new WebSocket(`wss://127.0.0.1:${port}/live`, {
        ca: mine.cert,
        headers: { Cookie, Host: `dock.example:${port}`, Origin: origin },
      });
      socket.on('open', () => (socket.close(), resolve('open')));
      socket.on('error', (error) => resolve(error.message));
    });
  assert.is(await ends(`https://dock.example:${port}`), 'open');
  for (const origin of [`http://dock.example:${port}`, 'https://dock.example', `https://evil.example:${port}`])
    assert.match(await ends(origin), '403', origin);
});

test('what is not TLS is not talked to', async () => {
  const said = await new Promise<string>((resolve) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'));
    socket.on('data', (data) => (text += data.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
  });
  assert.not.match(said, /html|token/i);
});

test('a certificate that will not do is refused, and nothing listens', async () => {
  assert.match(await refusedWith({ ...mine, key: other.key }), 'the key does not belong to the certificate');
  assert.match(await refusedWith({ ...mine, cert: 'nonsense' }), 'cannot be read');
  assert.match(await refusedWith({ ...certificate('nameless', ''), address: '127.0.0.2' }), 'names no host');
  assert.match(await refusedWith({ ...certificate('wild', 'DNS:*.example'), address: '127.0.0.2' }), 'names no host');
  assert.throws(
    () => secured(certificate('old', 'DNS:dock.example', '-days', '1'), 1, Date.now() + 2 * 86_400_000),
    /was good until/,
  );
});

test('a renewed certificate is shown to those who come from then on', async () => {
  const before = mine;
  mine = certificate('renewed', 'DNS:dock.example');
  await session();
  assert.is((await get('/')).status, 401);
  const old = await new Promise<string>((resolve) => {
    request({ host: '127.0.0.1', port, agent: false, ca: before.cert, servername: 'dock.example' }, () =>
      resolve('answered'),
    )
      .on('error', (error) => resolve(error.message))
      .end();
  });
  assert.is.not(old, 'answered');
});

/** The negotiated cipher suite, or the error. */
function suiteOf(at: number, ciphers: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connectTls(
      { host: '127.0.0.1', port: at, rejectUnauthorized: false, maxVersion: 'TLSv1.2', ciphers },
      () => {
        resolve(socket.getCipher().name);
        socket.destroy();
      },
    );
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

test('TLS 1.2 has forward secrecy: no static RSA, nothing without AEAD', async () => {
  const rsa = certificate('rsa', 'DNS:rsa.example', '-newkey', 'rsa:2048');
  const at = Number(new URL((await site.playground.address(0, rsa)).url).port);
  for (const weak of [
    'AES128-GCM-SHA256',
    'AES256-GCM-SHA384',
    'AES128-SHA',
    'ECDHE-RSA-AES128-SHA256',
    'ECDHE-RSA-AES128-SHA',
  ])
    assert.match(await suiteOf(at, weak), /HANDSHAKE_FAILURE/, weak);
  assert.is(await suiteOf(at, 'ECDHE-RSA-AES128-GCM-SHA256'), 'ECDHE-RSA-AES128-GCM-SHA256');
});

test('who opens an address that was opened before is told so', async () => {
  const url = new URL((await site.playground.address(0, mine)).url);
  const at = `${url.pathname}${url.search}`;
  assert.is((await get(at)).status, 200);
  const again = await get(at);
  assert.is(again.status, 401);
  assert.match(again.body, /has been opened already/);
  assert.not.match((await get('/open?token=never')).body, /has been opened already/);
});

test.run();
