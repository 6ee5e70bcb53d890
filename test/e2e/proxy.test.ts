/** A daemon that reaches the registry only through the proxy in its environment. */
import * as assert from 'uvu/assert';
import { faultyRegistry } from '../image/faulty-registry.ts';
import { archive } from '../image/tarball.ts';
import { suite } from '../harness.ts';
import { proxyTo } from '../kernel/proxy.ts';
import { brokenImage } from './broken-image.ts';
import { Daemon } from './daemon.ts';
import { preparedImages } from './image.ts';
import { needs, ownRoom } from './room.ts';

await ownRoom(preparedImages);
const test = suite('pulls through a proxy', ...needs);

test('HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the daemon are obeyed, and info shows them', async () => {
  const registry = await faultyRegistry(brokenImage({ tar: archive({ name: 'f', content: 'x' }) }));
  const proxy = await proxyTo(Number(registry.host.split(':')[1]), 'HTTP/1.1 502 no TLS here\r\n\r\n');
  const daemon = new Daemon(['--insecure-registry', 'registry.test', '--insecure-registry', 'past.test']);
  const here = `http://me:secret@${proxy.address}`;
  Object.assign(daemon.env, { HTTP_PROXY: here, https_proxy: here, NO_PROXY: 'past.test' });
  try {
    await daemon.start();
    await daemon.ok('pull', '-q', 'registry.test/made');
    assert.is(proxy.asked[0], 'CONNECT registry.test:443 me:secret', 'TLS is tried first');
    assert.ok(proxy.asked.some((line) => /^GET http:\/\/registry\.test\/v2\/made\/blobs\/\S+ me:secret$/.test(line)));
    const seen = proxy.asked.length;
    const past = await daemon.docker('pull', '-q', 'past.test/made');
    assert.is(past.code, 1);
    assert.is(proxy.asked.length, seen, past.err);
    const shown = await daemon.docker('info', '--format', '{{.HTTPProxy}} {{.HTTPSProxy}} {{.NoProxy}}');
    const masked = `http://xxxxx:xxxxx@${proxy.address}`;
    assert.is(shown.out, `${masked} ${masked} past.test\n`);
  } finally {
    await daemon.close();
    proxy.close();
    await registry.close();
  }
});

test.run();
