/**
 * Input from the kernel, or from a process that imitates it: netlink messages; and journals of daemons that were
 * killed.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { frameAt } from '../../runtime/journal/frame.ts';
import { Journal } from '../../runtime/journal/journal.ts';
import { facts, line } from '../../runtime/journal/line.ts';
import { NETLINK_NETFILTER, NETLINK_ROUTE } from '../../runtime/syscalls/constants.ts';
import { encodeAttribute } from '../../runtime/kernel/netlink/attribute.ts';
import { decodeDatagram, showDatagram } from '../../runtime/kernel/netlink/decode/decode.ts';
import { MalformedMessage } from '../../runtime/kernel/netlink/malformed.ts';
import * as captured from '../kernel/netlink/captured.ts';
import { damaged, jsonOf, only, target } from './target.ts';

const changes = fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 4 });
const real = fc
  .tuple(fc.constantFrom(...Object.values(captured)), changes, fc.nat(400), fc.boolean())
  .map(([original, list, length, cut]) => {
    const bytes = Buffer.from(original.subarray(0, cut ? length : original.length));
    for (const [at, byte] of list) if (at < bytes.length) bytes[at] = byte;
    return bytes;
  });
const attributes = fc.letrec<{ some: Buffer }>((tie) => ({
  some: fc
    .array(
      fc.tuple(
        fc.oneof(fc.nat(30), fc.constantFrom(0x8001, 0x4002, 0xffff)),
        fc.oneof(
          { maxDepth: 6 },
          fc.uint8Array({ maxLength: 12 }).map((b) => Buffer.from(b)),
          fc.constantFrom(Buffer.from('veth\0'), Buffer.from('bridge\0'), Buffer.from('cmp\0'), Buffer.from('meta\0')),
          tie('some'),
        ),
        fc.boolean(),
      ),
      { maxLength: 4 },
    )
    .map((list) =>
      Buffer.concat(list.map(([type, payload, nested]) => encodeAttribute(type & 0x3fff, payload, nested))),
    ),
})).some;
const TYPES = [2, 3, 16, 17, 20, 24, 28, 0x10, 0x11, 0xa00, 0xa01, 0xa03, 0xa04, 0xa06, 0xa07, 0xa0f];
const built = fc
  .tuple(fc.constantFrom(...TYPES), fc.nat(0xffff), fc.constantFrom(0, 4, 8, 12, 16, 20, 24), attributes, changes)
  .map(([type, flags, head, body, list]) => {
    const bytes = Buffer.concat([Buffer.alloc(16 + head), body]);
    bytes.writeUInt32LE(bytes.length, 0);
    bytes.writeUInt16LE(type, 4);
    bytes.writeUInt16LE(flags, 6);
    for (const [at, byte] of list) if (at < bytes.length && at > 3) bytes[at] = byte;
    return bytes;
  });
const raw = fc.uint8Array({ maxLength: 120 }).map((bytes) => Buffer.from(bytes));

const netlink = target(
  'netlink decoder',
  fc.tuple(fc.constantFrom(NETLINK_ROUTE, NETLINK_NETFILTER), fc.oneof(real, built, raw)),
  ([protocol, bytes]) => {
    only([MalformedMessage], () => decodeDatagram(protocol, bytes));
    const shown = only([MalformedMessage], () => showDatagram(protocol, bytes)) ?? '';
    if (shown.length > 64 * bytes.length + 64)
      throw new Error(`${bytes.length} bytes are shown as ${shown.length} characters`);
  },
);

const keys = [
  'seq',
  'time',
  'run',
  'step',
  'type',
  'phase',
  'at',
  'actor',
  'name',
  'args',
  'ret',
  'errno',
  'ns',
  'note',
  'facts',
  'kind',
  'key',
  'value',
  'from',
  'to',
  'next',
  'hex',
  'length',
  'text',
  'status',
  'id',
  'method',
  'url',
  'error',
  'current',
  'total',
];
const tree = jsonOf(keys, [
  fc.constantFrom(
    'call',
    'step',
    'phase',
    'fact',
    'gate',
    'state',
    'http',
    'progress',
    'note',
    'mount',
    'ns',
    'cgroup',
    'exited',
    'failed',
    'start',
    'done',
    'exec-1',
  ),
]);
const common = { seq: 0, time: 1, run: 1, step: 'create.shim' };
const events = [
  {
    ...common,
    type: 'call',
    actor: 'stage',
    name: 'mount',
    args: [null, '/', 'proc', 4, { hex: '6162', length: 2 }, ['a']],
    ret: -2,
    errno: 'ENOENT',
    ns: 5,
    note: 'x',
    facts: [{ kind: 'mount', key: '/', value: 'x' }],
  },
  { ...common, type: 'step', at: 'failed', ns: 4, error: 'x' },
  { ...common, type: 'phase', phase: 'create', at: 'enter' },
  { ...common, type: 'fact', facts: [{ kind: 'ns', key: 'mnt', value: null }] },
  { ...common, type: 'gate', at: 'paused', next: { name: 'mount', actor: 'stage', args: ['a', 1] } },
  { ...common, type: 'state', from: 'created', to: 'pulling' },
  { ...common, type: 'http', method: 'GET', url: 'http://x', status: 200, ns: 3 },
  { ...common, type: 'progress', id: 'a', status: 'b', current: 1, total: 2 },
  { ...common, type: 'note', text: 'x' },
];
const row = fc.oneof(
  { weight: 6, arbitrary: damaged(events, tree).map((e) => JSON.stringify(e)) },
  { weight: 2, arbitrary: tree.map((t) => JSON.stringify(t) ?? '') },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
);
const dir = mkdtempSync('/dev/shm/drydock-fuzz-');

const journal = target(
  'journal reader',
  fc.tuple(fc.array(row, { maxLength: 6 }), fc.nat(40)),
  ([rows, cut]) => {
    const text = `${rows.join('\n')}\n`;
    writeFileSync(join(dir, 'journal'), text.slice(0, text.length - (cut > 20 ? 0 : cut)));
    const read = Journal.open(join(dir, 'journal')).events();
    for (const event of read) {
      if (typeof line(event) !== 'string') throw new Error('a line that is no text');
      facts(event);
    }
    for (let k = -1; k <= read.length; k++) JSON.stringify(frameAt(read, k));
  },
  () => rmSync(dir, { recursive: true, force: true }),
);

export const kernelTargets = [netlink, journal];
