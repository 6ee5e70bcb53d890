import * as assert from 'uvu/assert';
import type { Listed, MachineMap, MapContainer } from '../../../server/live/protocol.ts';
import { drawMap } from '../../../web/draw/map/map.ts';
import type { Drawing, Item, Mark } from '../../../web/draw/marks.ts';
import { app as enApp } from '../../../web/words/en/app.ts';
import { draw as en } from '../../../web/words/en/draw.ts';
import { app as ruApp } from '../../../web/words/ru/app.ts';
import { draw as ru } from '../../../web/words/ru/draw.ts';
import { suite } from '../../harness.ts';

const test = suite('the map of the machine');
const MIB = 2 ** 20;
const english = { words: en, states: enApp.states, kinds: enApp.containers.operations };
const russian = { words: ru, states: ruApp.states, kinds: ruApp.containers.operations };

const row = (n: number, more: Partial<Listed> = {}): Listed => ({
  id: n.toString(16).padStart(64, '0'),
  name: `c${n}`,
  image: 'ubuntu',
  command: 'sleep 10',
  status: 'running',
  machine: 'running',
  created: n,
  exitCode: 0,
  pid: 1000 + n,
  tty: false,
  error: '',
  ...more,
});
const ubuntu = { id: 'sha256:u', names: ['ubuntu:latest'], size: 30 * MIB, layers: [{ id: 'l', size: 30 * MIB }] };
const machine = (containers: Record<string, Partial<MapContainer>>, more: Partial<MachineMap> = {}): MachineMap => ({
  images: [ubuntu],
  networks: [
    { id: 'bridge', name: 'bridge', driver: 'bridge', internal: false, subnet: '172.30.0.1/16' },
    { id: 'host', name: 'host', driver: 'host', internal: false },
    { id: 'none', name: 'none', driver: 'none', internal: true },
    { id: 'ff', name: 'front', driver: 'bridge', internal: false },
  ],
  volumes: [{ name: 'data' }],
  containers: Object.fromEntries(
    Object.entries(containers).map(([id, one]) => [
      id,
      { image: 'sha256:u', networks: [{ id: 'bridge' }], volumes: [], ...one },
    ]),
  ),
  memory: 1024 * MIB,
  ...more,
});
const SIZE = { width: 1300, height: 500 };
const find = ({ items }: Drawing, key: string): Item => items.find((item) => item.key === key)!;
const texts = ({ marks }: Item) => marks.flatMap((mark) => (mark.shape === 'text' ? [mark.text] : []));
type Rect = Mark & { shape: 'rect' };
/** The part of the gauge that is full. */
const filled = ({ marks }: Item) =>
  marks.find((mark): mark is Rect => mark.shape === 'rect' && mark.look === 'solid')?.w ?? 0;

test('a container stands at its network and says how much of its limit it uses', () => {
  const [a, b] = [row(1), row(2)];
  const half = { memory: 32 * MIB, limit: 64 * MIB };
  const map = machine({ [a.id]: half, [b.id]: { networks: [{ id: 'ff', address: '10.0.0.2' }] } });
  const drawing = drawMap(english, map, [b, a], SIZE);
  const [first, second] = [a, b].map(({ id }) => find(drawing, `container:${id}`));
  assert.ok(texts(first!).includes('32 MiB of 64 MiB'));
  assert.ok(first!.y < find(drawing, 'network:ff').y && second!.y >= find(drawing, 'network:ff').y);
  assert.ok(texts(second!).includes('10.0.0.2'));
  const full = drawMap(english, machine({ [a.id]: { memory: 64 * MIB, limit: 64 * MIB } }), [a], SIZE);
  assert.is(filled(find(full, `container:${a.id}`)), 2 * filled(first!));
});

test('one that was killed because its memory ran out says so, and one that ended says its code', () => {
  const [killed, ended] = [
    row(1, { status: 'exited', machine: 'exited', exitCode: 137 }),
    row(2, { status: 'exited', machine: 'exited', exitCode: 3 }),
  ];
  const drawing = drawMap(english, machine({ [killed.id]: { oom: true }, [ended.id]: {} }), [killed, ended], SIZE);
  assert.ok(texts(find(drawing, `container:${killed.id}`)).includes('out of memory'));
  assert.ok(texts(find(drawing, `container:${ended.id}`)).includes('exited 3'));
});

test('places stay: a container that comes or goes moves no older one', () => {
  const all = [1, 2, 3].map((n) => row(n));
  const map = machine(Object.fromEntries(all.map(({ id }) => [id, {}])));
  const [two, three] = [all.slice(0, 2), all].map((list) => drawMap(english, map, list, SIZE));
  for (const { id } of all.slice(0, 2)) {
    const [was, is] = [two!, three!].map((drawing) => find(drawing, `container:${id}`));
    assert.equal([is!.x, is!.y], [was!.x, was!.y]);
  }
});

test('a container on two networks has a line to the cable of the second one, and the dot is on that cable', () => {
  const [a, b] = [row(1), row(2)];
  const both = { networks: [{ id: 'bridge' }, { id: 'ff' }] };
  const drawing = drawMap(english, machine({ [a.id]: both, [b.id]: { networks: [{ id: 'ff' }] } }), [a, b], SIZE);
  const rail = find(drawing, `rail:${a.id}:ff`);
  const line = rail.marks.find((mark) => mark.shape === 'path' && !mark.filled) as Mark & { shape: 'path' };
  const [, fromX, fromY, toX, toY] = /^M([\d.]+),([\d.]+)L([\d.]+),([\d.]+)$/.exec(line.d)!.map(Number);
  const tile = find(drawing, `container:${a.id}`);
  const hull = tile.marks.find((mark): mark is Rect => mark.shape === 'rect')!;
  assert.is(fromX, toX);
  assert.ok(fromX! > tile.x && fromX! < tile.x + hull.w && fromY === tile.y + hull.h, line.d);
  const cable = find(drawing, 'cable:ff');
  const height = /^M[\d.]+,([\d.]+)L/.exec((cable.marks[0] as Mark & { shape: 'path' }).d)![1];
  assert.is(toY, cable.y + Number(height));
  assert.is(drawing.items.filter(({ key }) => key.startsWith('rail:')).length, 1);
});

test('the way of a packet goes along a network that both ends are on, also one that is not the first', () => {
  const [a, b, c] = [row(1), row(2), row(3)];
  const map = machine({
    [a.id]: { networks: [{ id: 'bridge' }, { id: 'ff' }] },
    [b.id]: { networks: [{ id: 'ff' }] },
    [c.id]: { networks: [{ id: 'none' }] },
  });
  const way = (...places: string[]) =>
    drawMap(english, map, [a, b, c], { ...SIZE, way: { places, at: places[0] } })
      .items.filter(({ key }) => key.startsWith('way'))
      .map(({ key }) => key);
  assert.equal(way('c1', 'host', 'c2'), [`way:${a.id}`, `way:${b.id}`, 'way-line:0']);
  assert.equal(way('c1', 'c3'), [`way:${a.id}`, `way:${c.id}`], 'no network in common');
});

test('an image that is chosen is tied to each container made of it, and only to those', () => {
  const [a, b] = [row(1), row(2)];
  const map = machine({ [a.id]: {}, [b.id]: { image: 'sha256:other' } });
  const ties = (sel?: string) =>
    drawMap(english, map, [a, b], { ...SIZE, sel })
      .items.filter(({ key }) => key.startsWith('tie:'))
      .map(({ key }) => key);
  assert.equal(ties('image:sha256:u'), [`tie:${a.id}`]);
  assert.equal(ties(), []);
});

for (const width of [340, 1000, 1400])
  test(`two hundred containers on twenty networks, and fifty images, keep to a width of ${width}, and none covers another`, () => {
    const networks = Array.from({ length: 20 }, (_, n) => ({
      id: `n${n}`,
      name: `net${n}`,
      driver: 'bridge',
      internal: n % 3 === 0,
    }));
    const list = Array.from({ length: 200 }, (_, n) => row(n + 1, { name: `container-with-a-long-name-${n}` }));
    const map = machine(
      Object.fromEntries(
        list.map(({ id }, n) => [id, { networks: [{ id: `n${n % 20}` }], memory: n * MIB, limit: 256 * MIB }]),
      ),
      { networks, images: Array.from({ length: 50 }, (_, n) => ({ ...ubuntu, id: `sha256:${n}` })) },
    );
    const drawing = drawMap(english, map, list, { width, height: 500 });
    const boxes = drawing.items
      .filter(({ key }) => /^(container|image|volume|operation):/.test(key))
      .map(({ x, y, marks }) => {
        const hull = marks.find((mark): mark is Rect => mark.shape === 'rect')!;
        return { left: x, right: x + hull.w, top: y, bottom: y + hull.h };
      });
    assert.ok(boxes.length > 200);
    for (const [n, a] of boxes.entries()) {
      assert.ok(a.left >= 0 && a.right <= width && a.bottom <= drawing.height, `${n} of ${boxes.length} is outside`);
      const covered = boxes
        .slice(n + 1)
        .find((b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom);
      assert.is(covered, undefined);
    }
  });

test('what is drawn is also in the table, and in Russian no English is left', () => {
  const all = [
    row(1),
    row(2, { status: 'exited', machine: 'exited' }),
    row(3, { operation: 'pull', name: 'ubuntu', image: '', command: '', machine: 'done' }),
  ];
  const map = machine({ [all[0]!.id]: { memory: MIB, volumes: ['data'] }, [all[1]!.id]: { oom: true } });
  const drawing = drawMap(russian, map, all, SIZE);
  const drawn = drawing.items.flatMap(({ sel }) => sel ?? []).sort();
  assert.equal(drawing.table.rows.flatMap(({ sel }) => sel ?? []).sort(), drawn);
  const said = [drawing.summary, ...drawing.items.flatMap((item) => [item.label ?? '', ...texts(item)])].join('\n');
  assert.not.match(said, /\b(container|image|volume|network|memory|layer|exited|running|outside)\b/i);
});

test.run();
