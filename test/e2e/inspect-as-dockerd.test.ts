/**
 * Inspect of an image and of containers, field by field, against what dockerd 26.1.5 answered to the same requests
 * (recorded/inspect-26.1.5.json). With DRYDOCK_TEST_PEER the dockerd there is asked, and the file is written.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import * as assert from 'uvu/assert';
import { inspected, type Json } from './inspected.ts';
import { likeDockerd } from './peer.ts';

const { test, api, socket, isPeer } = await likeDockerd('inspect');
const RECORDED = 'test/e2e/recorded/inspect-26.1.5.json';

const load = (bytes: Buffer): Promise<void> =>
  new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/x-tar' };
    const asked = request(
      { socketPath: socket(), method: 'POST', path: '/images/load', headers, agent: false },
      (res) => res.resume().on('end', resolve).on('error', reject),
    );
    asked.on('error', reject).end(bytes);
  });

/** JSON with the keys of each object in order. dockerd keeps mounts in a map of Go, so their order is any. */
const text = (value: Json): string =>
  JSON.stringify(value, (key, one: Json) => {
    if (key === '' && Array.isArray(one) && one.some((mount) => (mount as { Destination?: Json }).Destination))
      return [...one].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    if (typeof one !== 'object' || one === null || Array.isArray(one)) return one;
    return Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)));
  });

/** Each path at which the two differ, with both values as JSON; 'absent' where there is none. */
function differences(theirs: Json | undefined, ours: Json | undefined, path = ''): [string, string, string][] {
  const isMap = (value: unknown): value is Record<string, Json> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (isMap(theirs) && isMap(ours))
    return [...new Set([...Object.keys(theirs), ...Object.keys(ours)])]
      .sort()
      .flatMap((key) => differences(theirs[key], ours[key], path ? `${path}.${key}` : key));
  const [a, b] = [theirs, ours].map((value) => (value === undefined ? 'absent' : text(value)));
  return a === b ? [] : [[path, a!, b!]];
}

/** Paths that differ on purpose, and why. */
const reasons: [RegExp, string][] = [
  [/^GraphDriver\.Data\./, 'the directories of layers and containers have other names'],
  [/^HostConfig\.Runtime$/, 'the runtime is drydock'],
  [/^HostConfig\.MaskedPaths$/, '/proc/interrupts is hidden, as dockerd 28 does'],
  [/^NetworkSettings\.Networks\.[^.]+\.NetworkID$/, 'the network is known from the create on'],
];

test('each field of inspect is as dockerd has it, but for those with a reason', async () => {
  const ours = await inspected(api, load);
  if (isPeer) writeFileSync(RECORDED, `${JSON.stringify(ours, null, 2)}\n`);
  const theirs = JSON.parse(readFileSync(RECORDED, 'utf8')) as Record<string, Json>;
  const found = Object.keys(theirs).flatMap((name) =>
    differences(theirs[name], ours[name]).map(([path, a, b]) => [name, path, a, b] as const),
  );
  const why = (path: string) => reasons.find(([pattern]) => pattern.test(path));
  assert.equal(
    found.filter(([, path]) => !why(path)).map(([name, path, a, b]) => `${name}: ${path}: dockerd ${a}, here ${b}`),
    [],
  );
  if (isPeer) return;
  const used = new Set(found.map(([, path]) => why(path)));
  assert.equal(
    reasons.filter((reason) => !used.has(reason)).map(([, words]) => words),
    [],
    'a reason has a difference',
  );
});

test.run();
