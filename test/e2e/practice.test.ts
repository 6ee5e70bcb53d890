import * as assert from 'uvu/assert';
import { Daemon, clients } from './daemon.ts';
import { site } from './site.ts';

// The test's network namespace has no way out, so docker.io cannot be reached.
const s = await site('the practice registry', { images: [] });
const NOTICE = /practice/i;

async function alone(flags: string[], body: (daemon: Daemon) => Promise<void>): Promise<void> {
  await s.daemon.stop();
  const daemon = await new Daemon(flags).start();
  try {
    await body(daemon);
  } finally {
    await daemon.close();
  }
}

s.test('a reachable mirror is never shadowed', async () => {
  const { out, err } = await s.daemon.cli('run', '--rm', 'ubuntu', 'cat', '/etc/layered');
  assert.is(out, 'third\n');
  assert.not.match(err, NOTICE);
});

s.test('where docker.io cannot be reached ubuntu and hello-world run, and a line on stderr says from where', () =>
  alone([], async (d) => {
    const { code, out, err } = await d.cli(
      'run',
      '--rm',
      'ubuntu',
      'bash',
      '-c',
      'echo "$BASH" $((6 * 7)); ls / >/dev/null && cat /etc/os-release | grep -c NAME',
    );
    assert.is(code, 0, err);
    assert.match(out, /^\/(usr\/)?bin\/bash 42\n\d+\n$/);
    assert.is(err.split('\n').filter((line) => NOTICE.test(line)).length, 1, err);
    const hello = await d.cli('run', '--rm', 'hello-world');
    assert.is(hello.code, 0, hello.err);
    assert.match(hello.out, /[Hh]ello/);
    const second = await d.cli('run', '--rm', 'ubuntu', 'true');
    assert.is(second.err, '', 'what is in the store is not fetched again');
    const [{ Config, RootFS }] = JSON.parse((await d.docker('image', 'inspect', 'ubuntu')).out) as [
      { Config: { Labels: Record<string, string> }; RootFS: { Layers: string[] } },
    ];
    assert.ok(RootFS.Layers.length >= 3);
    assert.match(JSON.stringify(Config.Labels), NOTICE);
  }),
);

s.test('the real docker client gets them too', () =>
  alone([], async (d) => {
    const { code, out, err } = await d.docker('run', '--rm', 'ubuntu', 'echo', 'hi');
    assert.equal([code, out], [0, 'hi\n'], err);
  }),
);

s.test('no other name is answered, and no other tag or registry', () =>
  alone([], async (d) => {
    for (const client of clients) {
      for (const image of ['debian', 'ubuntu:no-such', 'someone/ubuntu', '127.0.0.1:1/library/ubuntu']) {
        const { code, err } = await d.client(client, ['run', '--rm', image, 'true']);
        assert.is(code, 125, `${client} ${image}: ${err}`);
      }
    }
  }),
);

s.test('--no-practice turns it off', () =>
  alone(['--no-practice'], async (d) => {
    for (const client of clients) {
      const { code, err } = await d.client(client, ['run', '--rm', 'ubuntu', 'true']);
      assert.is(code, 125);
      assert.match(err, /registry-1\.docker\.io|docker\.io/);
    }
  }),
);

s.test.run();
