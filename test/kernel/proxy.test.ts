/** Which requests use a proxy: the cases are those of the tests of golang.org/x/net/http/httpproxy. */
import { createServer } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import * as assert from 'uvu/assert';
import { readAll } from '../../runtime/image/registry/http-body.ts';
import { request } from '../../runtime/kernel/http.ts';
import { proxyFor, proxySettings, TunnelAgent } from '../../runtime/kernel/proxy.ts';
import { sh, suite } from '../harness.ts';
import { type Proxy, proxyTo } from './proxy.ts';

const test = suite('requests through a proxy');
const closed: (() => void)[] = [];
const before = { ...process.env };
test.after(() => {
  for (const close of closed) close();
  process.env = before;
});

const NO_PROXY = '.barbaz.net,bar.com,192.168.1.1,[::2],10.0.0.0/8,fd00::/8,only.port:8080,*.star.net, spaced.net ';
const direct = [
  'localhost',
  '127.0.0.1',
  '127.1.2.3',
  '[::1]',
  '[::2]',
  'bar.com',
  'foo.bar.com',
  'BAR.com',
  'foo.barbaz.net',
  '192.168.1.1',
  '10.1.2.3',
  '[fd12::1]',
  'only.port:8080',
  'a.star.net',
  'spaced.net',
];
const proxied = [
  'example.com',
  'barbaz.net',
  'foobar.com',
  'notbar.com',
  'bar.com.org',
  '192.168.1.3',
  '11.1.2.3',
  '[::3]',
  '[fe80::1]',
  'only.port',
  'only.port:80',
  'star.net',
];
test('NO_PROXY is read as dockerd reads it', () => {
  const env = { HTTP_PROXY: 'proxy:3128', HTTPS_PROXY: 'https://secure.proxy', NO_PROXY };
  const by = (url: string, more: object = {}) => proxyFor(new URL(url), { ...env, ...more })?.href;
  for (const host of direct) assert.is(by(`http://${host}/`), undefined, host);
  for (const host of proxied) assert.is(by(`http://${host}/`), 'http://proxy:3128/', host);
  assert.is(by('https://example.com/'), 'https://secure.proxy/');
  assert.is(by('https://example.com/', { HTTPS_PROXY: '' }), undefined, 'HTTP_PROXY is not for https');
  assert.is(by('http://example.com/', { NO_PROXY: '*' }), undefined);
  assert.is(proxyFor(new URL('http://x.y/'), { http_proxy: 'small:1' })?.href, 'http://small:1/');
  assert.is(proxyFor(new URL('http://x.y/'), { no_proxy: 'x.y', HTTP_PROXY: 'large:1' }), undefined);
  for (const bad of ['socks5://a:1', 'http://', 'ftp://me:secret@a'])
    assert.throws(
      () => by('http://x.y/', { HTTP_PROXY: bad }),
      (error: Error) => {
        assert.match(error.message, /^invalid proxy ".*": give http:\/\/host:port or https:\/\/host:port$/);
        return !error.message.includes('secret');
      },
    );
});

test('info shows the settings, and no password', () => {
  assert.equal(proxySettings({ HTTP_PROXY: 'http://me:secret@proxy:3128', https_proxy: 'x:1', NO_PROXY: 'a,b' }), {
    HttpProxy: 'http://xxxxx:xxxxx@proxy:3128',
    HttpsProxy: 'x:1',
    NoProxy: 'a,b',
  });
});

const listening = async (server: https.Server | ReturnType<typeof createServer>): Promise<number> => {
  closed.push(() => server.close().closeAllConnections());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};
async function opened(port: number, answer?: string): Promise<Proxy> {
  const proxy = await proxyTo(port, answer);
  closed.push(proxy.close);
  return proxy;
}
const text = async (url: string): Promise<string> => (await readAll(await request(url), 1e6, 'it')).toString();

test('a plain request goes to the proxy with its whole address and the password of each', async () => {
  const port = await listening(
    createServer((req, res) => res.end(`${req.headers.host} ${req.url} ${req.headers.authorization}`)),
  );
  const { address, asked } = await opened(port);
  process.env['HTTP_PROXY'] = `http://me:p%40ss@${address}`;
  const user = `Basic ${Buffer.from('you:secret').toString('base64')}`;
  assert.is(await text('http://you:secret@registry.test:5000/v2/?a=b'), `registry.test:5000 /v2/?a=b ${user}`);
  assert.equal(asked, ['GET http://registry.test:5000/v2/?a=b me:p@ss']);
  assert.match(await text(`http://127.0.0.1:${port}/`), `127.0.0.1:${port} /`);
  assert.is(asked.length, 1, 'the own machine is asked directly');
});

test(['openssl'], 'TLS is spoken through a tunnel, which is used again', async () => {
  const [key, cert] = sh(
    'sh',
    '-c',
    'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=registry.test -keyout - 2>&1',
  ).split(/(?=-----BEGIN CERTIFICATE)/);
  const names: string[] = [];
  const server = https.createServer({ key: key!.slice(key!.indexOf('-----BEGIN')), cert: cert! }, (req, res) => {
    names.push((req.socket as never as { servername: string }).servername);
    res.end(req.url);
  });
  const { address, asked } = await opened(await listening(server));
  process.env['HTTPS_PROXY'] = `me:secret@${address}`;
  await text('https://registry.test/').then(
    () => assert.unreachable('the certificate is looked at'),
    (error: Error) => assert.match(error.message, /self-signed certificate/),
  );
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  asked.length = 0;
  assert.equal([await text('https://registry.test/1'), await text('https://registry.test/2')], ['/1', '/2']);
  delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  assert.equal(asked, ['CONNECT registry.test:443 me:secret']);
  assert.equal(names, ['registry.test', 'registry.test']);
});

test('what the proxy refuses, says, or does not say is an error that names the proxy', async () => {
  const failing = async (answer: string): Promise<string> => {
    const { address } = await opened(0, answer);
    process.env['HTTPS_PROXY'] = address;
    return text('https://registry.test/').then(
      () => 'no error',
      (error: Error) => error.message.replace(address, 'HERE'),
    );
  };
  assert.is(
    await failing('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 2\r\n\r\nno'),
    'proxy HERE: 407 Proxy Authentication Required',
  );
  assert.is(await failing('HTTP/1.1 200 OK\r\n\r\nhello'), 'proxy HERE: spoke before TLS did');
  assert.match(await failing('SSH-2.0-x\r\n'), /^proxy HERE: Parse Error/);
  process.env['HTTPS_PROXY'] = '127.0.0.1:1';
  await text('https://registry.test/').then(
    () => assert.unreachable(),
    (error: Error & { code?: string }) => {
      assert.is(error.message, 'proxy 127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1');
      assert.is(error.code, 'ECONNREFUSED');
    },
  );
});

test('a proxy that never answers is waited for no longer than its limit, and not at all after an abort', async () => {
  const { address, asked } = await opened(0, '');
  const agent = new TunnelAgent(new URL(`http://${address}`), {}, 100);
  const error = await new Promise<Error>((resolve) =>
    https.get('https://registry.test/', { agent }, () => undefined).on('error', resolve),
  );
  assert.is(error.message, `proxy ${address}: silent for 0.1 s`);
  process.env['HTTPS_PROXY'] = address;
  const abort = new AbortController();
  const asking = request('https://registry.test/', { signal: abort.signal });
  while (asked.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  abort.abort(new Error('given up'));
  await asking.then(
    () => assert.unreachable(),
    (why: Error) => assert.is(why.message, 'given up'),
  );
});

test.run();
