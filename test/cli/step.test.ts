import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { begin, drydock, run } from './command.ts';
import { Screen } from './screen.ts';
import { SteppedServer } from './stepped.ts';

const test = suite('cli step', 'tmux');
let served: SteppedServer;
test.before(() => void (served = new SteppedServer()));
test.after(() => served.close());

const command = `${process.execPath} ${drydock}`;
async function onScreen(body: (screen: Screen) => Promise<void>): Promise<void> {
  const screen = new Screen({ DRYDOCK_HOST: `unix://${served.socket}` }, 110, 60);
  try {
    await body(screen);
  } finally {
    screen.close();
  }
}
const prompt = /a (abort · )?\?( help)? › *$/;

test('--step stops before each step, tells why, and shows what it did', () =>
  onScreen(async (screen) => {
    screen.command(`${command} run --step --name one ubuntu echo the output; echo code $?`);
    const first = await screen.see(prompt);
    assert.match(first, /── 1\. Create ─+/);
    assert.match(first, /▸ Make the cgroup {2}create\.cgroup\n {2}A cgroup holds the limits\.\n {2}n next · i into/);
    assert.not.match(first, /Without it/);
    screen.type('n');
    const second = await screen.see(/A host name of its own[\s\S]*› *$/);
    assert.match(
      second,
      /› next\n {4}stage {2}mkdirat\(AT_FDCWD, "\/sys\/fs\/cgroup\/x", 0755\) = 0 <31 µs>\n {4}stage {2}write\(.*"100\\n"\) = 0 <31 µs>\n {2}✓ done in /,
    );
    screen.key('Enter');
    assert.match(await screen.see(/── 2\. Execute[\s\S]*› *$/), /now ns uts is uts:\[42\]/);
    screen.type('c');
    const end = await screen.see(/code 0/);
    assert.match(end, /› continue\s+the output\s+code 0/);
  }));

test('after the process has ended, the exit steps are shown the same way', () =>
  onScreen(async (screen) => {
    screen.command(`${command} run --step --name ended ubuntu echo the output; echo code $?`);
    for (let i = 0; i < 3; i++) {
      await screen.see(new RegExp(`(▸[\\s\\S]*){${i + 1}}› *$`));
      screen.type('n');
    }
    const exit = await screen.see(/── 3\. Exit[\s\S]*› *$/);
    assert.match(exit, /the process runs; the terminal is its own ──\s+the output\s+── 3\. Exit/);
    screen.type('n');
    await screen.see(/✓ done in [^\n]*\ncode 0/);
  }));

test('into stops before every system call and shows the result after it', () =>
  onScreen(async (screen) => {
    screen.command(`${command} run --step --name two ubuntu true; echo code $?`);
    await screen.see(prompt);
    screen.type('i');
    await screen.see(/→ stage {2}mkdirat\(AT_FDCWD, "\/sys\/fs\/cgroup\/x", 0755\)\n.*› *$/);
    screen.key('Enter');
    await screen.see(/into\n +stage {2}|= 0 <31 µs>\n {4}→ stage {2}write\(/);
    screen.type('n');
    await screen.see(/▸ A host name of its own[\s\S]*› *$/);
    screen.type('a');
    const end = await screen.see(/code 125/);
    assert.match(
      end,
      /› abort\n {2}↶ undone: Make the cgroup {2}create\.cgroup\ndrydock: aborted before create\.uts\ncode 125/,
    );
  }));

test('show, explain, help and break come back to the question', () =>
  onScreen(async (screen) => {
    screen.command(`${command} run --step --name three ubuntu true; echo code $?`);
    await screen.see(prompt);
    screen.type('e');
    await screen.see(/Without it, nothing is limited\.[\s\S]*› *$/);
    screen.type('s');
    await screen.see(/show: n namespaces · m mounts .* › *$/);
    screen.type('n');
    await screen.see(/Namespaces\n +uts {3}uts:\[42\] {3}host uts:\[1\][\s\S]*› *$/);
    screen.type('?');
    await screen.see(/give up and undo everything[\s\S]*› *$/);
    screen.type('b');
    await screen.see(/break before.*: *$/);
    screen.command('pivot');
    await screen.see(/did you mean init\.pivot-root, pivot_root\?[\s\S]*› *$/);
    screen.type('b');
    await screen.see(/pivot_root\?[\s\S]*break before.*: *$/);
    screen.command('pivot_root');
    await screen.see(/breakpoint before pivot_root[\s\S]*› *$/);
    screen.type('c');
    await screen.see(/→ stage {2}pivot_root\("\.", "\."\)[\s\S]*› *$/);
    screen.key('C-c');
    assert.match(await screen.see(/code \d+/), /code 125/);
  }));

test('the terminal belongs to the container while it runs, and is given back', () =>
  onScreen(async (screen) => {
    screen.command(
      `stty -g > ${served.dir}/before; ${command} run --break init -it --name four ubuntu cat; echo code $?`,
    );
    await screen.see(/▸ Change the root[\s\S]*› *$/);
    screen.type('c');
    screen.command('typed');
    await screen.see(/typed\s+typed/);
    screen.key('C-d');
    await screen.see(/code 0/);
    screen.command(`clear; stty -g | diff - ${served.dir}/before && echo as it was; echo compared`);
    assert.match(await screen.see(/^compared/m), /^as it was$/m);
  }));

test('questions are asked on the terminal when stdin is a pipe and stdout a file', () =>
  onScreen(async (screen) => {
    screen.command(
      `echo piped | ${command} run --break init -i --name five ubuntu cat > ${served.dir}/out; echo code $?; cat ${served.dir}/out`,
    );
    await screen.see(/▸ Change the root[\s\S]*› *$/);
    screen.type('n');
    await screen.see(/── 3\. Exit[\s\S]*› *$/);
    screen.type('c');
    assert.match(await screen.see(/code 0\s+piped/), /code 0\npiped\n/);
  }));

test('another terminal can move it on with drydock gate', () =>
  onScreen(async (screen) => {
    screen.command(`${command} run --step --name six ubuntu true; echo code $?`);
    await screen.see(prompt);
    assert.is((await run(served.socket, ['gate', 'six', 'next'])).code, 0);
    await screen.see(/moved on from elsewhere[\s\S]*▸ A host name of its own[\s\S]*› *$/);
    assert.is((await run(served.socket, ['gate', 'six', 'continue'])).code, 0);
    await screen.see(/code 0/);
  }));

test('without a terminal --step is refused, and --break waits for drydock gate', async () => {
  const step = begin(served.socket, ['run', '--step', 'ubuntu', 'true'], {});
  step.input.end();
  assert.match((await step.done).err, /--step asks its questions on a terminal and there is none/);
  const bogus = await run(served.socket, ['run', '--break', 'init.bogus', 'ubuntu', 'true']);
  assert.equal(
    [bogus.code, bogus.err],
    [125, 'drydock: no step, phase or system call is called "init.bogus"; `drydock phases` lists them\n'],
  );
});

test('trace reads like strace with headings, and --json is the journal itself', async () => {
  const { out } = await run(served.socket, ['trace', 'one']);
  assert.match(
    out,
    /^Create\n {2}Make the cgroup {2}create\.cgroup\n {4}stage {2}mkdirat\(AT_FDCWD, "\/sys\/fs\/cgroup\/x", 0755\) = 0 <31 µs>\n/m,
  );
  assert.match(out, /unshare\(CLONE_NEWUTS\) = 0 <31 µs>\n {4}now {4}ns uts is uts:\[42\]\n {4}done </);
  const events = (await run(served.socket, ['trace', '--json', 'one'])).out
    .trim()
    .split('\n')
    .map((one) => JSON.parse(one) as { seq: number });
  assert.equal(
    events.map(({ seq }) => seq),
    events.map((_, i) => i),
  );
});

test('gate and phases say what is wrong', async () => {
  assert.match(
    (await run(served.socket, ['gate', 'one', 'bogus'])).err,
    /unknown gate command "bogus": give next, into/,
  );
  assert.match((await run(served.socket, ['gate', 'one', 'break'])).err, /break needs a step/);
  assert.is((await run(served.socket, ['gate', 'one', 'next'])).code, 1);
  const explained = await run(served.socket, ['phases', '--explain', 'create.uts']);
  assert.is(explained.out, 'A host name of its own  create.uts\n\nSee uts_namespaces(7).\n');
  assert.match(
    (await run(served.socket, ['phases'])).out,
    /^Create {2}create\n {2}create\.cgroup {4}Make the cgroup\n/,
  );
});

test.run();
