import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { clients } from './daemon.ts';
import { site } from './site.ts';

const s = await site('files of names on hosts of all kinds', { images: ['tiny'] });
const cat = (path: string) => ['tiny', '/bin/busybox', 'cat', path];

/** Replaces /etc during `body`. The daemon is in the same mount namespace, so it sees the replacement too. */
async function withEtc(change: (etc: string) => void, body: () => Promise<void>): Promise<void> {
  const etc = `${s.daemon.root}/etc`;
  cpSync('/etc', etc, { recursive: true, verbatimSymlinks: true });
  change(etc);
  execFileSync('mount', ['--bind', etc, '/etc']);
  try {
    await body();
  } finally {
    execFileSync('umount', ['/etc']);
    rmSync(etc, { recursive: true });
  }
}
function resolvConf(etc: string, text: string): void {
  rmSync(`${etc}/resolv.conf`, { recursive: true, force: true });
  writeFileSync(`${etc}/resolv.conf`, text);
}

s.test('domain and sortlist of the host reach a container, on its network word for word', async () => {
  const text = 'domain d.example\nsortlist 130.155.160.0/255.255.240.0\nnameserver 10.1.2.3\n';
  await withEtc(
    (etc) => resolvConf(etc, text),
    async () => {
      for (const client of clients) {
        const onHost = await s.daemon.client(client, ['run', '--rm', '--network', 'host', ...cat('/etc/resolv.conf')]);
        assert.is(onHost.out, text, onHost.err);
        const none = await s.daemon.client(client, ['run', '--rm', '--network', 'none', ...cat('/etc/resolv.conf')]);
        assert.is(none.out, 'nameserver 10.1.2.3\nsearch d.example\nsortlist 130.155.160.0/255.255.240.0\n', none.err);
      }
    },
  );
});

for (const file of ['resolv.conf', 'hosts']) {
  s.test(`a host whose /etc/${file} is a directory still starts containers`, async () => {
    const change = (etc: string) => {
      rmSync(`${etc}/${file}`, { recursive: true, force: true });
      mkdirSync(`${etc}/${file}`);
    };
    await withEtc(change, async () => {
      for (const network of ['bridge', 'none', 'host']) {
        for (const client of clients) {
          const { code, out, err } = await s.daemon.client(client, [
            'run',
            '--rm',
            '--network',
            network,
            ...cat('/etc/resolv.conf'),
          ]);
          assert.is(code, 0, `${client} ${network}: ${err}`);
          if (file === 'resolv.conf') assert.match(out, /^nameserver 8\.8\.8\.8$/m);
        }
      }
    });
  });
}

s.test("a hosts file of 300 kB comes whole onto the host's network", async () => {
  const lines = Array.from({ length: 12_000 }, (_, j) => `0.0.0.0 blocked${j}.example\n`).join('');
  await withEtc(
    (etc) => writeFileSync(`${etc}/hosts`, `127.0.0.1 localhost\n${lines}`),
    async () => {
      assert.is(
        await s.daemon.ok('run', '--rm', '--network', 'host', ...cat('/etc/hosts')),
        `127.0.0.1 localhost\n${lines}`.trimEnd(),
      );
    },
  );
});

s.test('--hostname with a full name has the short one in /etc/hosts, with --domainname too', async () => {
  for (const client of clients) {
    const full = await s.daemon.client(client, ['run', '--rm', '--hostname', 'a.b.c', ...cat('/etc/hosts')]);
    assert.match(full.out, /^[\d.]+\ta\.b\.c a$/m, full.err);
    const both = await s.daemon.client(client, [
      'run',
      '--rm',
      '--hostname',
      'a.b',
      '--domainname',
      'x.y',
      ...cat('/etc/hosts'),
    ]);
    assert.match(both.out, /^[\d.]+\ta\.b\.x\.y a$/m, both.err);
  }
});

s.test.run();
