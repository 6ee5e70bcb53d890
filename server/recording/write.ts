/** A run as one HTML file: the page's template, with the journal and the output inserted piece by piece. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../../runtime/engine/engine.ts';
import type { LogRecord } from '../../runtime/container/logs/log-record.ts';
import { ApiError } from '../../runtime/errors/api-error.ts';
import { phaseTexts } from '../../runtime/steps/phase-texts.ts';
import pkg from '../../package.json' with { type: 'json' };
import { listedOf } from '../messages/listed.ts';
import { type Walked, walkableOf } from '../../runtime/engine/find-walkable.ts';
import type { Piece, RecordedExec, Recording } from './format.ts';

/** In bytes. Of a longer output, the newest part is kept. */
const OUTPUT_MOST = 16 << 20;
/** Output within this time is one piece. */
const MOMENT_MS = 20;
const PIECE_MOST = 32 << 10;

/**
 * In a script element the only dangerous character is `<`: `</script` would end it, and `<!--` would hide its end
 * (HTML, "Restrictions for contents of script elements"). In JSON it occurs only inside strings, where it can be
 * escaped.
 */
export const harmless = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');

/** `from`: how many bytes to leave out at the beginning. */
async function* pieces(
  written: AsyncIterable<readonly LogRecord[]> | Iterable<readonly LogRecord[]>,
  from: number,
): AsyncGenerator<Piece> {
  let time = 0;
  let size = 0;
  let waiting: Buffer[] = [];
  let left = from;
  const piece = (): Piece => [time, Buffer.concat(waiting).toString('base64')];
  for await (const records of written) {
    for (const { ns, data: whole } of records) {
      const data = whole.subarray(Math.min(left, whole.length));
      left -= whole.length - data.length;
      if (!data.length) continue;
      const at = Number(ns / 1000n) / 1000;
      if (waiting.length && (at - time > MOMENT_MS || size + data.length > PIECE_MOST)) {
        yield piece();
        waiting = [];
        size = 0;
      }
      if (!waiting.length) time = at;
      waiting.push(data);
      size += data.length;
    }
  }
  if (waiting.length) yield piece();
}

/** No limit is needed here, because each exec's output is short already: exec-log.ts. */
async function* execs(walked: Walked): AsyncGenerator<RecordedExec> {
  if (!('container' in walked)) return;
  for (const { id, command, tty, written: printed } of walked.container.execsWritten()) {
    const output: Piece[] = [];
    for await (const piece of pieces([[...printed()]], 0)) output.push(piece);
    yield { id, command, tty, output };
  }
}

async function* listed<T>(items: Iterable<T> | AsyncIterable<T>): AsyncGenerator<string> {
  yield '[';
  let first = true;
  for await (const item of items) {
    yield `${first ? '' : ','}${harmless(item)}`;
    first = false;
  }
  yield ']';
}

/** An operation has no output. */
const written = (walked: Walked) => ('container' in walked ? walked.container.written() : []);

async function* json(engine: Engine, walked: Walked): AsyncGenerator<string> {
  let bytes = 0;
  for await (const records of written(walked)) for (const { data } of records) bytes += data.length;
  const missing = Math.max(0, bytes - OUTPUT_MOST);
  const head: Omit<Recording, 'events' | 'output' | 'execs'> = {
    format: 1,
    drydock: pkg.version,
    made: Date.now(),
    row: listedOf(engine, walked),
    phases: phaseTexts(engine.storage),
    missing,
  };
  yield `${harmless(head).slice(0, -1)},"events":`;
  yield* listed(walkableOf(walked).journal(false));
  yield ',"output":';
  yield* listed(pieces(written(walked), missing));
  yield ',"execs":';
  yield* listed(execs(walked));
  yield '}';
}

/** The recording as text. `files` is dist/web, where the build puts the template. Throws 501 when it is not there. */
export function recordingOf(engine: Engine, walked: Walked, files: string): AsyncGenerator<string> {
  const path = join(files, 'recording.html');
  if (!existsSync(path))
    throw new ApiError(501, `the page of a recording is missing from ${files}; build it with npm ci`);
  const [before, after, ...none] = readFileSync(path, 'utf8')
    .replaceAll('__NONCE__', randomBytes(16).toString('base64'))
    .split('__RECORDING__');
  if (before === undefined || after === undefined || none.length)
    throw new ApiError(501, `${path} has no place for a recording`);
  return gathered(
    (async function* () {
      yield before;
      yield* json(engine, walked);
      yield after;
    })(),
  );
}

/** Joins small texts, so that not every event is written alone. */
async function* gathered(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let waiting = '';
  for await (const text of texts) {
    waiting += text;
    if (waiting.length < 64 << 10) continue;
    yield waiting;
    waiting = '';
  }
  yield waiting;
}
