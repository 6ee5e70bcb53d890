import * as assert from 'uvu/assert';
import { Screen } from '../cli/screen.ts';
import { clients } from './daemon.ts';
import { site } from './site.ts';
import { until } from '../until.ts';

const s = await site('a terminal', { also: ['tmux'] });
const d = () => s.daemon;
const running = async (name: string) =>
  (await d().json<{ State: { Running: boolean } }>(`/containers/${name}/json`)).State.Running;

/** The prompt of the container's shell; the shell outside also ends its prompt with #. */
const INSIDE = /root@[0-9a-f]{12}:\S*# *$/;

async function on(body: (screen: Screen) => Promise<void>): Promise<void> {
  const screen = new Screen({ ...d().env, PS1: 'outside> ' }, 100, 40);
  try {
    await body(screen);
  } finally {
    screen.close();
  }
}
/** The settings of the outer terminal, for comparison. */
async function settings(screen: Screen, mark: string): Promise<string> {
  screen.command(`clear; stty -g; echo ${mark}-done`);
  return (
    (await screen.see(new RegExp(`^${mark}-done$`, 'm'))).split('\n').find((line) => /^[0-9a-f]+:/.test(line)) ?? ''
  );
}

for (const client of clients) {
  s.test(`${client} run -it is a shell with job control, Ctrl-C, Ctrl-Z and the window's size`, () =>
    on(async (screen) => {
      const before = await settings(screen, 'before');
      screen.command(`clear; ${d().commandLine(client)} run -it --rm --name sh ubuntu /bin/bash; echo code $?`);
      await screen.see(INSIDE);
      screen.command('clear; stty size; tty; echo $TERM');
      await screen.see(/40 100\s+\/dev\/(console|pts\/0)\s+xterm/);
      screen.command('clear; sleep 1000');
      // Wait for the process: an earlier Ctrl-C would only clear the line, and input typed before the next prompt is
      // discarded by the signal.
      await until('it runs', async () => (await d().docker('top', 'sh')).out.includes('sleep 1000'));
      screen.key('C-c');
      await screen.see(/\^C\s[\s\S]*# *$/);
      screen.command('echo interrupted with $?');
      await screen.see(/\^C\s[\s\S]*interrupted with 130/);
      screen.command('clear; sleep 1001');
      await until('it runs', async () => (await d().docker('top', 'sh')).out.includes('sleep 1001'));
      screen.key('C-z');
      await screen.see(/Stopped +sleep 1001/);
      screen.command('jobs; bg; kill %1; wait; echo jobs over');
      await screen.see(/^jobs over/m);
      screen.resize(77, 33);
      await until('the new size is known inside', async () => {
        screen.command('clear; stty size');
        return /^33 77$/m.test(screen.text());
      });
      screen.command('exit 42');
      await screen.see(/code 42/);
      assert.is(await settings(screen, 'after'), before, 'the terminal is as it was');
    }),
  );

  s.test(`${client}: the detach keys leave it running, attach comes back, and to what it was`, () =>
    on(async (screen) => {
      const before = await settings(screen, 'before');
      const name = `kept-${client}`;
      screen.command(`clear; ${d().commandLine(client)} run -it --name ${name} ubuntu /bin/bash; echo left $?`);
      await screen.see(INSIDE);
      screen.command('HERE=still');
      screen.key('C-p', 'C-q');
      await screen.see(/left \d/);
      assert.ok(await running(name));
      assert.is(await settings(screen, 'between'), before);
      screen.command(`clear; ${d().commandLine(client)} attach --detach-keys ctrl-x,x ${name}; echo left again`);
      await until('the shell answers', () => {
        screen.key('Enter');
        return /# *\n.*# *$/.test(screen.text());
      });
      screen.command('echo I am $HERE here');
      await screen.see(/I am still here/);
      screen.key('C-x', 'x');
      await screen.see(/left again/);
      assert.ok(await running(name));
      assert.is(await settings(screen, 'after'), before);
      await d().ok('rm', '-f', name);
    }),
  );

  s.test(`${client} exec -it has a terminal of its own`, () =>
    on(async (screen) => {
      await d().ok('run', '-d', '--name', 'host', 'ubuntu', 'sleep', '1000');
      screen.command(`clear; ${d().commandLine(client)} exec -it host bash; echo code $?`);
      await screen.see(INSIDE);
      screen.command('clear; stty size; tty; ps() { cat /proc/1/comm; }; ps');
      await screen.see(/40 100\s+\/dev\/pts\/\d\s+sleep/);
      screen.command('sleep 1000');
      // Otherwise the shell might still read, and Ctrl-C would clear its line instead of ending a process.
      await until('it sleeps', async () => (await d().docker('top', 'host')).out.match(/sleep 1000/g)?.length === 2);
      screen.key('C-c');
      screen.command('exit 9');
      await screen.see(/code 9/);
      assert.ok(await running('host'));
      await d().ok('rm', '-f', 'host');
    }),
  );
}

s.test("when the container ends by somebody else's hand the terminal is restored", () =>
  on(async (screen) => {
    const before = await settings(screen, 'before');
    screen.command(`clear; ${d().commandLine('drydock')} run -it --rm --name gone ubuntu bash; echo code $?`);
    await screen.see(INSIDE);
    await d().ok('kill', 'gone');
    await screen.see(/code 137/);
    assert.is(await settings(screen, 'after'), before);
  }),
);

s.test('-t without a terminal on our side is refused, and -i with a pipe is not', async () => {
  const refused = await d().client('drydock', ['run', '--rm', '-it', 'ubuntu', 'true']);
  assert.is.not(refused.code, 0);
  assert.match(refused.err, /TTY|terminal/i);
  assert.is(
    (await d().client('drydock', ['run', '--rm', '-i', 'ubuntu', 'wc', '-c'], { input: 'x'.repeat(1_000_000) })).out,
    '1000000\n',
  );
});

s.test.run();
