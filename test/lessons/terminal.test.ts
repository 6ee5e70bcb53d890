/** `drydock lesson` in a real terminal: lessons 1 and 6 from the first line to the last. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { Screen } from '../cli/screen.ts';
import { Daemon, drydock } from '../e2e/daemon.ts';
import { suite } from '../harness.ts';

const test = suite('lessons in the terminal', 'root', 'tmux');
const dir = mkdtempSync('/tmp/drydock-lesson-');
let daemon: Daemon;
test.before(async () => {
  daemon = await new Daemon().start();
  await daemon.ok('run', '--rm', 'ubuntu', 'true');
});
test.after(async () => {
  await daemon.close();
  rmSync(dir, { recursive: true, force: true });
});

async function onScreen(line: string, body: (screen: Screen) => Promise<void>): Promise<void> {
  const screen = new Screen(daemon.env, 110, 60);
  try {
    screen.command(`${process.execPath} ${drydock} ${line}; echo code $?`);
    await body(screen);
  } finally {
    screen.close();
  }
}
const turn = /q leave › *$/;
/** Presses Enter until the shell answers, because input is discarded before the terminal is attached. */
async function prompt(screen: Screen): Promise<void> {
  for (let patience = 8; ; patience--) {
    screen.key('Enter');
    const there = await screen.see(/root@[0-9a-f]+:\S*[#$] *$/, 2).then(
      () => true,
      (error: unknown) => {
        if (!patience) throw error;
      },
    );
    if (there) return;
  }
}
/** Enters the container's shell, types `lines` at its prompt, and returns to the lesson when the tick is shown. */
async function inShell(screen: Screen, lines: string[], tick: RegExp): Promise<void> {
  screen.type('s');
  await prompt(screen);
  for (const line of lines) screen.command(line);
  await screen.see(tick);
  screen.key('C-p', 'C-q');
}
async function answer(screen: Screen, question: number, wrong: number, right: number): Promise<void> {
  await screen.see(new RegExp(`Question ${question} [\\s\\S]*q leave › *$`));
  screen.type(String(wrong));
  await screen.see(new RegExp(`Question ${question} [\\s\\S]*Not so\\. Look again\\.[\\s\\S]*› *$`));
  screen.type(String(right));
  await screen.see(new RegExp(`Question ${question} [\\s\\S]*✓ Right\\.`));
}

/** Commits to a guess when the text asks for one. */
async function guess(screen: Screen, chosen: number): Promise<void> {
  await screen.see(/What is your guess\?[\s\S]*q leave › *$/);
  screen.type(String(chosen));
}

test('without a name the lessons are listed', async () => {
  const listing = await daemon.ok('lesson');
  assert.match(listing, /^1 +process +A container is a process +10 min$/m);
  assert.match(await daemon.ok('lesson', '--lang', 'ru'), /^1 +process +Контейнер — это процесс +10 мин$/m);
});

test('into a pipe the text is printed, and nothing is started', async () => {
  const text = await daemon.ok('lesson', 'copy-up', '--lang', 'ru');
  assert.match(text, /Первая запись[\s\S]*копированием вверх/);
  assert.is(await daemon.ok('ps', '-aq'), '');
});

test('a lesson that is not there, a language that is not spoken, and a name that is none are told', async () => {
  assert.match((await daemon.cli('lesson', 'nothing')).err, /No such lesson: nothing/);
  assert.match((await daemon.cli('lesson', '--lang', 'xx')).err, /invalid --lang "xx": en or ru/);
  assert.match(
    (await daemon.cli('lesson', '--learner', '../../etc/passwd')).err,
    /a learner's name is 1 to 32 letters/,
  );
});

test('lesson 1 is taken', () =>
  onScreen('lesson process', async (screen) => {
    await guess(screen, 2);
    await screen.see(/Your guess is kept[\s\S]*Task 1[\s\S]*q leave › *$/);
    screen.type('?');
    await screen.see(/→ the run stands before the step/);
    screen.type('n');
    await screen.see(/✗ Not so\. Look again\. There are no other processes[\s\S]*One row more/);
    await screen.see(/✓ Task 1: done/);
    await guess(screen, 2);
    await screen.see(/Task 2[\s\S]*q leave › *$/);
    screen.type('c');
    await screen.see(/✓ Task 2: done[\s\S]*Task 3[\s\S]*q leave › *$/);
    await inShell(screen, ['echo $$'], /✓ Task 3: done/);
    await screen.see(/Task 4[\s\S]*q leave › *$/);
    await inShell(screen, ['sleep 1000 &'], /✓ Task 4: done/);
    await guess(screen, 2);
    await screen.see(/Task 5[\s\S]*q leave › *$/);
    // The lesson continues by itself when the shell ends.
    screen.type('s');
    await prompt(screen);
    screen.command('exit');
    await screen.see(/✓ Task 5: done/);
    await answer(screen, 1, 1, 2);
    await answer(screen, 2, 1, 2);
    await answer(screen, 3, 2, 1);
    await screen.see(/✓ The lesson is finished\.[\s\S]*code 0/);
    assert.is(await daemon.ok('ps', '-aq'), '');
  }));

test('lesson 6 is taken, and what is done elsewhere counts as well', () =>
  onScreen('lesson copy-up', async (screen) => {
    await guess(screen, 2);
    await screen.see(/Task 1[\s\S]*q leave › *$/);
    await inShell(screen, ["echo '# me' >> /etc/passwd"], /✓ Task 1: done/);
    await guess(screen, 1);
    await screen.see(/Task 2[\s\S]*q leave › *$/);
    // Done from another terminal.
    await daemon.ok('exec', 'lesson-copy-up', 'chmod', '600', '/etc/group');
    await screen.see(/✓ Task 2: done/);
    await guess(screen, 3);
    await screen.see(/Task 3[\s\S]*q leave › *$/);
    await inShell(screen, ['rm /etc/shells', 'rm -r /etc/ld.so.conf.d', 'mkdir /etc/ld.so.conf.d'], /✓ Task 4: done/);
    // The rest of the text: a prediction whose task is done already, and one for the last task.
    await guess(screen, 1);
    await screen.see(/Look again\. That would work, but/);
    await guess(screen, 1);
    await screen.see(/Task 5[\s\S]*q leave › *$/);
    await daemon.ok('run', '--name', 'mine', 'ubuntu', 'cat', '/etc/shells');
    await screen.see(/✓ Task 5: done/);
    await answer(screen, 1, 1, 2);
    await answer(screen, 2, 1, 2);
    await answer(screen, 3, 1, 3);
    await screen.see(/✓ The lesson is finished\.[\s\S]*code 0/);
    // Only what the lesson started is gone.
    assert.match(await daemon.ok('ps', '-a', '--format', 'json'), /mine/);
    await daemon.ok('rm', 'mine');
    assert.is(await daemon.ok('ps', '-aq'), '');
  }));

test('what was done is remembered, survives the daemon, and goes into one file and back', async () => {
  await daemon.stop();
  await daemon.start();
  assert.match(await daemon.ok('lesson'), /^1 +process .*✓ done$/m);
  const file = join(dir, 'progress.json');
  await daemon.ok('lesson', '--export', file);
  assert.equal(Object.keys((JSON.parse(readFileSync(file, 'utf8')) as { lessons: object }).lessons).sort(), [
    'copy-up',
    'process',
  ]);
  assert.not.match(await daemon.ok('lesson', '--learner', 'Маша'), /✓ done/);
  await daemon.ok('lesson', '--learner', 'Маша', '--import', file);
  assert.match(await daemon.ok('lesson', '--learner', 'Маша'), /^1 +process .*✓ done$/m);
  writeFileSync(file, '{"version": 1, "lessons": {"process": {"tasks": {"cloned": "yesterday"}}}}');
  assert.match(
    (await daemon.cli('lesson', '--import', file)).err,
    /process: cloned needs a time in milliseconds, got "yesterday"/,
  );
});

test('whoever leaves in the middle takes the container along', () =>
  onScreen('lesson process --learner hasty', async (screen) => {
    await screen.see(turn);
    screen.type('q');
    await screen.see(/container is removed[\s\S]*code 0/);
    assert.is(await daemon.ok('ps', '-aq'), '');
  }));

test.run();
