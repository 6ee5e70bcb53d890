import * as assert from 'uvu/assert';
import type { Piece } from '../../server/recording/format.ts';
import { harmless } from '../../server/recording/write.ts';
import { Tape } from '../../web/state/tape.ts';
import { suite } from '../harness.ts';

const test = suite('a recorded terminal');
const piece = (time: number, text: string): Piece => [time, Buffer.from(text).toString('base64')];
const text = (bytes: readonly Uint8Array[]) => Buffer.concat(bytes).toString();

test('going forward writes what is new', () => {
  const tape = new Tape([piece(10, 'a'), piece(20, 'b'), piece(20, 'c'), piece(30, 'd')]);
  const turns = [5, 10, 25, 25, Infinity].map((time) => tape.turn(time));
  assert.equal(
    turns.map(({ bytes }) => text(bytes)),
    ['', 'a', 'bc', '', 'd'],
  );
  assert.ok(turns.every(({ again }) => !again));
});

test('going back begins again, with what was there then', () => {
  const tape = new Tape([piece(10, 'a'), piece(20, 'b'), piece(30, 'c')]);
  tape.turn(Infinity);
  const { again, bytes } = tape.turn(20);
  assert.is(again, true);
  assert.is(text(bytes), 'ab');
  assert.is(text(tape.turn(30).bytes), 'c');
});

test('going back in a long one writes no more than what a screen and its scrollback show', () => {
  const long = 'x'.repeat(30_000);
  const tape = new Tape(Array.from({ length: 1000 }, (_, j) => piece(j, `${j} ${long}`)));
  tape.turn(Infinity);
  const { bytes } = tape.turn(900);
  assert.ok(bytes.length > 5 && bytes.length < 30, `${bytes.length} pieces`);
  assert.match(text(bytes.slice(-1)), /^900 /);
});

test('bytes that are no text come through as they are', () => {
  const bytes = Buffer.from([0, 0x80, 0xff, 0x1b, 0x5b]);
  assert.equal(Buffer.from(new Tape([[1, bytes.toString('base64')]]).turn(1).bytes[0]!), bytes);
});

test('what is written into a script element can end neither it nor a string', () => {
  const value = { text: '</script><!--<script>\u2028"\\' };
  assert.not.match(harmless(value), /</);
  assert.equal(JSON.parse(harmless(value)), value);
});

test.run();
