import * as assert from 'uvu/assert';
import { frameAt } from '../../../runtime/journal/frame.ts';
import type { Event, Fact } from '../../../runtime/journal/event.ts';
import type { Lineage } from '../../../runtime/storage/overlay2/lineage.ts';
import { MORE } from '../../../runtime/storage/overlay2/upper.ts';
import { columnsOf, COLUMNS, doneFiles, lookupOf, selectedPath } from '../../../web/draw/overlay-files.ts';
import { drawOverlay } from '../../../web/draw/overlay.ts';
import { draw as words } from '../../../web/words/en/draw.ts';
import { suite } from '../../harness.ts';
import { inState, journal } from './journals.ts';

const test = suite('the overlay picture, live');
const events = journal('limits');
const running = inState(events, 'running');
const digests = Object.entries(running.facts.image ?? {})
  .filter(([key]) => /^layer \d/.test(key))
  .map(([, value]) => value.split(' ')[0]!);
const [base = '', , top = ''] = digests;

/** The frame of the running container, followed by these facts. */
function after(...upper: [string, string | null][]) {
  const facts = upper.map(([key, value]): Fact => ({ kind: 'upper', key, value }));
  const more: Event[] = [
    ...events.slice(0, running.k + 1),
    { seq: running.k + 1, time: 0, run: running.run, type: 'fact', facts },
  ];
  return frameAt(more, more.length - 1);
}
const drawn = (
  ...[frame, all, before, sel, lineage]: Parameters<typeof drawOverlay> extends [unknown, ...infer Rest] ? Rest : never
) => Object.fromEntries(drawOverlay(words, frame, all, before, sel, lineage).items.map((item) => [item.key, item]));
const looks = (item: { marks: { shape: string; look?: string }[] } | undefined) =>
  item?.marks.filter(({ shape }) => shape === 'rect').map(({ look }) => look);

test('a copy-up is a card in upper that comes from where it lay, above what was left behind, with an arrow up', () => {
  const frame = after(
    ['/etc', `copied-up dir 0755 0:0 0 from ${top}`],
    ['/etc/passwd', `copied-up file 0644 0:0 315 from ${base}`],
  );
  const items = drawn(frame, events, running);
  const card = items['upper:/etc/passwd']!;
  const left = items[`lower:${base}:/etc/passwd`]!;
  assert.ok(card.y < left.y && card.x === left.x);
  assert.equal(card.from, { x: 0, y: left.y - card.y });
  assert.equal([looks(card), looks(left)], [['soft'], ['dashed']]);
  assert.ok(items['tie:/etc/passwd']!.marks.some((mark) => mark.shape === 'path' && mark.arrow));
  assert.match(card.label!, '/etc/passwd in upper: copied up, file, 315 B');
  assert.not.ok(items['upper:/etc'], 'a directory that is only the way to it has no card');
});

test('a whiteout is hatched and shadows what it hides; what is new hides nothing', () => {
  const items = drawn(
    after(['/etc/motd', `whiteout char 0000 0:0 0 from ${base}`], ['/new', 'created file 0644 0:0 2']),
    events,
    running,
  );
  assert.equal(
    [looks(items['upper:/etc/motd']), looks(items[`lower:${base}:/etc/motd`])],
    [
      ['hatched', 'outline'],
      ['hatched', 'outline'],
    ],
  );
  assert.ok(items['tie:/etc/motd']!.marks.every((mark) => mark.shape === 'path' && mark.dashed));
  assert.not.ok(items['tie:/new']);
  assert.is(Object.keys(items).filter((key) => key.endsWith(':/new')).length, 1);
});

test('only so many cards, the newest, and the rest is counted; what mounting made is in the table only', () => {
  const many = Array.from({ length: 9 }, (_, j): [string, string] => [`/f${j}`, 'created file 0644 0:0 1']);
  const frame = after(['/etc/hosts', 'mount-point file 0755 0:0 0'], ...many, [MORE, '70 more entries']);
  const { items, table, summary } = drawOverlay(words, frame, events);
  assert.equal(
    items.filter(({ key }) => key.startsWith('upper:')).map(({ key }) => key),
    ['/f5', '/f6', '/f7', '/f8'].map((path) => `upper:${path}`),
  );
  const beyond = items.find(({ key }) => key === 'beyond')!.marks[0]!;
  assert.ok(beyond.shape === 'text' && beyond.text === '+5 older, +70 more');
  assert.equal(table.rows.filter(({ key }) => key.startsWith('upper:')).length, 10);
  assert.match(summary, 'In upper: 9 new.');
  assert.is(doneFiles(frame).length, 9);
});

test('a selected file has a card, however old it is', () => {
  const frame = after(...Array.from({ length: 9 }, (_, j): [string, string] => [`/f${j}`, 'created file 0644 0:0 1']));
  const { columns, rest } = columnsOf(frame, undefined, 'upper:/f0', undefined);
  assert.equal([columns.length, columns[0]!.path, rest], [COLUMNS, '/f0', 5]);
});

test('a lookup goes down to the first hit, from what the layers were asked; without that from facts', () => {
  const frame = after(
    ['/etc/passwd', `copied-up file 0644 0:0 315 from ${base}`],
    ['/gone', `whiteout char 0000 0:0 0 from ${base}`],
  );
  assert.equal(lookupOf(frame, 'upper:/etc/passwd', undefined), {
    path: '/etc/passwd',
    parts: new Map([
      ['upper', 'hit'],
      [base, 'hidden'],
    ]),
    stops: 'upper',
    seen: true,
  });
  assert.is(lookupOf(frame, 'upper:/gone', undefined)!.seen, false);
  const lineage: Lineage = {
    asked: '/bin/sh',
    path: '/usr/bin/sh',
    stops: top,
    seen: true,
    layers: [
      { layer: 'upper', part: 'absent' },
      ...[...digests].reverse().map((layer) => ({
        layer,
        part: layer === top ? ('hit' as const) : layer === base ? ('hidden' as const) : ('absent' as const),
      })),
    ],
  };
  const items = drawn(frame, events, undefined, 'file:/bin/sh', lineage);
  assert.equal(
    [looks(items[`lower:${top}:/bin/sh`]), looks(items[`lower:${base}:/bin/sh`])],
    [['soft'], ['hatched', 'outline']],
  );
  const eye = (sel?: string) =>
    drawn(frame, events, undefined, sel, lineage)
      ['read']!.marks.map((mark) => (mark.shape === 'text' ? mark.text : ''))
      .join(' ');
  assert.match(eye('file:/bin/sh'), 'found here');
  assert.match(eye('upper:/gone'), 'deleted here');
  assert.match(eye(), 'first hit');
  assert.is(lookupOf(frame, 'file:/other', lineage)!.parts.size, 0, 'an answer about another file says nothing');
});

test('what is no path selects no file', () => {
  assert.equal(['upper:/a:b', 'file:/etc/passwd', 'overlay:upper', 'upper:', 'file:etc', undefined].map(selectedPath), [
    '/a:b',
    '/etc/passwd',
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test('a file that went has no card, and what was written stays after the end', () => {
  const frame = after(['/a', 'created file 0644 0:0 1'], ['/b', 'created file 0644 0:0 1'], ['/a', null]);
  const items = drawn(frame, events);
  assert.ok(items['upper:/b'] && !items['upper:/a']);
  const ended = frameAt(
    [
      {
        seq: 0,
        time: 0,
        run: 1,
        type: 'fact',
        facts: [
          { kind: 'file', key: 'upper', value: '/u' },
          { kind: 'upper', key: '/b', value: 'created file 0644 0:0 1' },
        ],
      },
      { seq: 1, time: 1, run: 1, type: 'state', from: 'exiting', to: 'exited' },
    ],
    1,
  );
  assert.match(drawOverlay(words, ended, []).summary, /kept in upper until rm. In upper: 1 new\.$/);
});

test.run();
