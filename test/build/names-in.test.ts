import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { namesIn } from '../../runtime/build/context/names-in.ts';
import { suite } from '../harness.ts';

const test = suite('the names in a directory that is sent to a client');

test('they are sorted by their bytes, and refused before too many are in memory', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'names-'));
  try {
    // in UTF-16 the last comes before the one above it
    const names = ['A', 'a', 'a-', 'a.b', '\uff5e', '\u{1f600}'];
    for (const name of names.toReversed()) writeFileSync(join(dir, name), '');
    const told: string[] = [];
    const tell = (part: unknown) => Promise.resolve(void told.push(...(part as string[])));
    await namesIn({ dir, most: 6 }, tell);
    assert.equal(told, names);
    const error = await namesIn({ dir, most: 5 }, tell).catch((cause: Error) => cause.message);
    assert.is(error, 'more than 5 files');
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test.run();
