import { createHash } from 'node:crypto';
import * as assert from 'uvu/assert';
import { SessionTokens } from '../../server/live/session-tokens.ts';
import { suite } from '../harness.ts';
import { SCRIPT, SECRET, Site } from './visitor.ts';

const test = suite('playground under attack');
let site: Site;
test.before(async () => {
  site = await new Site().open();
});
test.after(() => site.close());

const mine = () => ({ Cookie: site.cookie });

test('a token opens the page once, for a cookie that scripts and other sites do not get', async () => {
  const token = await site.invite();
  const first = await site.get(`/open?token=${token}`);
  assert.is(first.status, 200);
  assert.match(first.headers['set-cookie']![0]!, /^drydock-\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
  assert.not.match(first.body, token);
  const second = await site.get(`/open?token=${token}`);
  assert.is(second.status, 401);
  assert.is(second.headers['set-cookie'], undefined);
});

test('a token is worth nothing as a cookie, and a cookie nothing as a token', async () => {
  const token = await site.invite();
  assert.is((await site.get('/', { Cookie: `drydock-${site.port}=${token}` })).status, 401);
  assert.is((await site.get(`/open?token=${site.cookie.split('=')[1]}`)).status, 401);
});

test('the address leads to a container, and to nothing else', async () => {
  const id = 'a'.repeat(64);
  const to = async (run: string) =>
    /name="address" content="([^"]*)"/.exec(
      (await site.get(`/open?token=${await site.invite()}&run=${encodeURIComponent(run)}`)).body,
    )![1];
  assert.is(await to(id), `/#run/${id}`);
  for (const run of ['', 'x', '//evil.example', '"><script>', `${id}"`, `${id}\n`]) assert.is(await to(run), '/', run);
});

test('tokens and sessions end', () => {
  let now = 0;
  const keys = new SessionTokens(() => now);
  const token = keys.token();
  const session = keys.exchange(keys.token())!;
  assert.ok(keys.expected());
  now = 10 * 60_000;
  assert.is(keys.exchange(token), undefined);
  assert.not.ok(keys.expected());
  assert.ok(keys.knows(session));
  now = 12 * 3_600_000;
  assert.not.ok(keys.knows(session));
});

test('only so many tokens are good at once: the oldest goes', () => {
  const keys = new SessionTokens(() => 0);
  const tokens = Array.from({ length: 33 }, () => keys.token());
  assert.is(keys.exchange(tokens[0]!), undefined);
  assert.ok(keys.exchange(tokens[32]!));
});

test('without the cookie, or with a wrong one, or with two, there is nothing', async () => {
  const name = `drydock-${site.port}`;
  for (const cookie of [
    '',
    'x=y',
    `${name}=`,
    `${name}=${'A'.repeat(43)}`,
    `drydock-1=${site.cookie.split('=')[1]}`,
    `${site.cookie}; ${name}=other`,
  ]) {
    for (const path of ['/', '/page.js', '/nothing'])
      assert.is((await site.get(path, cookie ? { Cookie: cookie } : {})).status, 401, `${path} with ${cookie}`);
    assert.is(await site.upgrade({ Origin: `http://${site.host}`, ...(cookie && { Cookie: cookie }) }), 401);
  }
});

test('a host name that is not ours is refused, also with the cookie: DNS rebinding', async () => {
  for (const Host of [
    'evil.example',
    `evil.example:${site.port}`,
    '127.0.0.1',
    `127.0.0.1.evil.example:${site.port}`,
    `127.0.0.1:${site.port + 1}`,
    `[::1]:${site.port}`,
  ]) {
    assert.is((await site.get('/', { ...mine(), Host })).status, 403, Host);
    assert.is((await site.get(`/open?token=${await site.invite()}`, { Host })).status, 403);
    assert.is(await site.upgrade({ ...mine(), Host, Origin: `http://${Host}` }), 403, Host);
  }
});

test('an upgrade from another origin, or from none, is refused: cross-site WebSocket', async () => {
  const foreign = [
    'http://evil.example',
    'null',
    `https://${site.host}`,
    `http://127.0.0.1:${site.port + 1}`,
    `http://localhost:${site.port}`,
    `http://${site.host}.evil.example`,
    `http://${site.host}/`,
  ];
  for (const Origin of foreign) assert.is(await site.upgrade({ ...mine(), Origin }), 403, Origin);
  assert.is(await site.upgrade(mine()), 403);
  assert.is(await site.upgrade({ ...mine(), Origin: `http://${site.host}` }), 101);
  assert.is(
    await site.upgrade({ ...mine(), Host: `localhost:${site.port}`, Origin: `http://localhost:${site.port}` }),
    101,
  );
  for (const Origin of foreign) assert.is((await site.get('/page.js', { ...mine(), Origin })).status, 403, Origin);
});

test('what another site embeds is refused, what somebody follows is not', async () => {
  for (const from of ['cross-site', 'same-site']) {
    assert.is(
      (
        await site.get('/page.js', {
          ...mine(),
          'Sec-Fetch-Site': from,
          'Sec-Fetch-Mode': 'no-cors',
          'Sec-Fetch-Dest': 'script',
        })
      ).status,
      403,
    );
    assert.is(
      (
        await site.get('/', {
          ...mine(),
          'Sec-Fetch-Site': from,
          'Sec-Fetch-Mode': 'navigate',
          'Sec-Fetch-Dest': 'iframe',
        })
      ).status,
      403,
    );
    assert.is(
      await site.upgrade({
        ...mine(),
        Origin: `http://${site.host}`,
        'Sec-Fetch-Site': from,
        'Sec-Fetch-Mode': 'navigate',
        'Sec-Fetch-Dest': 'document',
      }),
      403,
    );
    assert.is(
      (
        await site.get(`/open?token=${await site.invite()}`, {
          'Sec-Fetch-Site': from,
          'Sec-Fetch-Mode': 'navigate',
          'Sec-Fetch-Dest': 'document',
        })
      ).status,
      200,
    );
  }
});

test('every answer carries the policy, the refusals too; scripts and styles have no way round it', async () => {
  for (const [path, headers] of [
    ['/', mine()],
    ['/', {}],
    ['/page.js', mine()],
    ['/nothing', mine()],
    ['/open?token=x', {}],
  ] as const) {
    const answer = await site.get(path, headers);
    const policy = String(answer.headers['content-security-policy']);
    assert.match(policy, "default-src 'none'");
    assert.match(policy, "frame-ancestors 'none'");
    assert.not.match(policy, /unsafe|\*|https?:/);
    assert.is(answer.headers['x-content-type-options'], 'nosniff');
    assert.is(answer.headers['referrer-policy'], 'no-referrer');
    assert.is(answer.headers['x-powered-by'], undefined);
    assert.is(answer.headers['access-control-allow-origin'], undefined);
  }
  const scripts = async (path: string) =>
    /script-src ([^;]*)/.exec(String((await site.get(path, mine())).headers['content-security-policy']))![1];
  const hash = createHash('sha256').update(SCRIPT).digest('base64');
  assert.is(await scripts('/'), `'self' 'sha256-${hash}'`, "the page's own inline script, and no other");
  assert.is(await scripts('/page.js'), "'self'");
  const nonces = await Promise.all(
    [1, 2].map(async () => /nonce="([^"]+)"/.exec((await site.get('/', mine())).body)![1]),
  );
  assert.is.not(nonces[0], nonces[1]);
});

test('nothing is answered but GET, and nothing is served but the page', async () => {
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])
    assert.is((await site.get('/', mine(), method)).status, 405, method);
  for (const path of [
    '/../secret',
    '/%2e%2e/secret',
    '/..%2fsecret',
    '/%2e%2e%2fsecret',
    '//etc/passwd',
    '/.hidden',
    '/page.js%00',
    '/live',
    '/drydock/info',
    '/containers/json',
  ]) {
    const { status, body } = await site.get(path, mine());
    assert.ok(status >= 400 && status < 500, `${path}: ${status}`);
    assert.not.match(body, SECRET);
  }
  assert.is(await site.upgrade({ ...mine(), Origin: `http://${site.host}` }, '/other'), 404);
});

test('a port that is taken, and another than the one it listens on, are refused', async () => {
  let message = '';
  await site.playground.address(site.port + 1).catch((error: Error) => (message = error.message));
  assert.match(message, `already listens on port ${site.port}`);
  assert.match((await site.playground.address(site.port)).url, `:${site.port}/`);
});

test.run();
