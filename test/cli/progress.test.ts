import * as assert from 'uvu/assert';
import type { WriteStream } from 'node:tty';
import { Progress, type ProgressLine } from '../../runtime/cli/terminal/progress.ts';
import { suite } from '../harness.ts';

const test = suite('cli progress');
function shown(isTTY: boolean, lines: readonly ProgressLine[], size = { columns: 80, rows: 24 }): string {
  let text = '';
  const progress = new Progress({
    isTTY,
    ...size,
    write: (part: string) => {
      text += part;
      return true;
    },
  } as unknown as WriteStream);
  for (const line of lines) progress.line(line);
  progress.finish();
  return text;
}
const layers: ProgressLine[] = [
  { status: 'Pulling from library/ubuntu', id: 'latest' },
  { status: 'Pulling fs layer', progressDetail: {}, id: 'aaa' },
  { status: 'Pulling fs layer', progressDetail: {}, id: 'bbb' },
  { status: 'Downloading', progressDetail: { current: 500_000, total: 1_000_000 }, id: 'aaa' },
  { status: 'Pull complete', progressDetail: {}, id: 'aaa' },
  { status: 'Pull complete', progressDetail: {}, id: 'bbb' },
  { status: 'Digest: sha256:00' },
];

test('off a terminal there is a plain line for what is over', () => {
  assert.is(
    shown(false, layers),
    'latest: Pulling from library/ubuntu\naaa: Pull complete\nbbb: Pull complete\nDigest: sha256:00\n',
  );
});

test('a long message is wrapped at words on a terminal, and stays one line elsewhere', () => {
  const status = 'docker.io cannot be reached: ubuntu comes from the practice registry of this machine';
  const size = { columns: 40, rows: 24 };
  const lines = shown(true, [{ status }], size).trimEnd().split('\n');
  assert.is(lines.join(' '), status);
  assert.ok(lines.length > 1 && lines.every((line) => line.length <= 40), lines.join('|'));
  assert.is(shown(false, [{ status }], size), `${status}\n`);
});

/** What a terminal shows after this text; it interprets the two escape sequences that the progress output uses. */
function screen(text: string): string[] {
  const rows: string[] = [''];
  let row = 0;
  for (const [part] of text.matchAll(/\u001b\[(\d+)A|\u001b\[2K|\r|\n|[^\u001b\r\n]+/g)) {
    const up = /\u001b\[(\d+)A/.exec(part)?.[1];
    if (up) row -= Number(up);
    else if (part === '\u001b[2K') rows[row] = '';
    else if (part === '\n') rows[++row] ??= '';
    else if (part !== '\r') rows[row] += part;
  }
  return rows.filter(Boolean);
}

test('on a terminal each layer keeps its row', () => {
  assert.equal(screen(shown(true, layers)), [
    'latest: Pulling from library/ubuntu',
    'aaa: Pull complete',
    'bbb: Pull complete',
    'Digest: sha256:00',
  ]);
  const half = screen(shown(true, layers.slice(0, 4)));
  assert.equal(half.slice(1), ['aaa: Downloading [==============>               ] 500kB/1MB', 'bbb: Pulling fs layer']);
});

test('more layers than rows, and rows wider than the terminal, do not scroll it away', () => {
  const many = Array.from({ length: 40 }, (_, i): ProgressLine => ({
    status: 'Pull complete',
    progressDetail: {},
    id: `layer${i}${'x'.repeat(40)}`,
  }));
  const text = shown(true, many, { columns: 30, rows: 10 });
  const ups = [...text.matchAll(/\u001b\[(\d+)A/g)].map(([, n]) => Number(n));
  assert.is(Math.max(...ups), 8);
  assert.is(Math.max(...screen(text).map((row) => row.length)), 29);
});

test('what a registry sends cannot command the terminal', () => {
  assert.is(shown(false, [{ status: 'Pulling \u001b[2J', id: 'x\u0007' }]), 'x\\x07: Pulling \\e[2J\n');
});

test.run();
