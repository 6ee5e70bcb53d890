/**
 * Limits the size of a journal: 16 MiB. A larger one is trimmed to half of that. The oldest runs are dropped first. If
 * the newest run alone is too large, its finished execs are dropped, the oldest first; and if that is not enough, the
 * middle between the run's start and its newest events.
 *
 *   run 1 ▏ run 2 ▏ run 3 ▏ exec-a ▏ exec-b ▏ run 3          →  note: so many were dropped ▏ run 3 ▏ exec-b ▏ run 3
 *
 * The remaining events are numbered from 0 again, because an event's number is its position in the file. The file is
 * read and written in pieces, because a journal of this size takes a third of a second.
 */
import { type FileHandle, open } from 'node:fs/promises';

export const JOURNAL_MOST = 16 << 20;
/** Bytes of one read: some two thousand events. */
const PIECE = 512 * 1024;

/** The new number of an event; for a dropped event, the new number of the next one that remains. */
export type Place = (seq: number) => number;
interface Line {
  seq: number;
  bytes: number;
  run: string;
  /** this event begins the state "running" of the container's own process */
  runs: boolean;
}
const HEAD = /^\{"seq":(\d+),"time":([\d.e+]+),"run":(\d+|"[^"]*")/;
const RUNNING = /"type":"state","from":"\w+","to":"running"/;
const DROPPED = /"type":"note","text":"(\d+) earlier events were dropped: /;
export const droppedText = (count: number) =>
  `${count} earlier events were dropped: a journal keeps its newest ${JOURNAL_MOST >> 21} to ${JOURNAL_MOST >> 20} MiB`;

/** What a file can be read by: a FileHandle, or a descriptor that was opened at once. */
interface Source {
  read(into: Buffer, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
}
/** Yields the complete lines of a file, a piece at a time. Between two pieces the event loop handles other events. */
export async function* linesOf(file: Source, end = Infinity): AsyncGenerator<string[]> {
  const piece = Buffer.allocUnsafe(PIECE);
  const rest: Buffer[] = [];
  for (let at = 0; at < end;) {
    const { bytesRead } = await file.read(piece, 0, Math.min(PIECE, end - at), at);
    if (!bytesRead) return;
    at += bytesRead;
    const last = piece.subarray(0, bytesRead).lastIndexOf(10) + 1;
    if (!last) {
      rest.push(Buffer.from(piece.subarray(0, bytesRead)));
      continue;
    }
    const text = Buffer.concat([...rest.splice(0), piece.subarray(0, last)]).toString('utf8');
    if (last < bytesRead) rest.push(Buffer.from(piece.subarray(last, bytesRead)));
    yield text.split('\n').slice(0, -1);
  }
}

const isExec = ({ run }: Line) => run.startsWith('"');
const sum = (lines: readonly Line[]) => lines.reduce((all, { bytes }) => all + bytes, 0);

/** The newest runs that fit into `most` bytes, with the execs beside them; at least the newest run. */
function newestRuns(lines: readonly Line[], most: number): readonly Line[] {
  const starts: number[] = [];
  let run: string | undefined;
  for (const [at, line] of lines.entries())
    if (!isExec(line) && line.run !== run) {
      run = line.run;
      starts.push(at);
    }
  let left = sum(lines);
  for (const [j, start] of starts.entries()) {
    if (left <= most || j === starts.length - 1) return lines.slice(j ? start : 0);
    left -= sum(lines.slice(j ? start : 0, starts[j + 1]));
  }
  return lines;
}

function withoutExecs(lines: readonly Line[], most: number, isLive: (run: string) => boolean): readonly Line[] {
  const sizes = new Map<string, number>();
  for (const line of lines) if (isExec(line)) sizes.set(line.run, (sizes.get(line.run) ?? 0) + line.bytes);
  const going = new Set<string>();
  let left = sum(lines);
  for (const [run, bytes] of sizes) {
    if (left <= most) break;
    if (isLive(JSON.parse(run) as string)) continue;
    going.add(run);
    left -= bytes;
  }
  return lines.filter(({ run }) => !going.has(run));
}

function withoutMiddle(lines: readonly Line[], most: number): readonly Line[] {
  if (sum(lines) <= most) return lines;
  const running = lines.findIndex(({ runs }) => runs);
  const head: Line[] = [];
  let room = most;
  for (const line of lines.slice(0, running + 1)) {
    if (room - line.bytes < most / 2) break;
    head.push(line);
    room -= line.bytes;
  }
  let from = lines.length;
  while (from > head.length && room >= lines[from - 1]!.bytes) room -= lines[--from]!.bytes;
  return [...head, ...lines.slice(from)];
}

/** Writes the remaining events of `path` to `into`. An exec for which `isLive` returns true keeps its events. */
export async function trim(
  path: string,
  into: string,
  most: number,
  isLive: (run: string) => boolean,
): Promise<{ place: Place; bytes: number }> {
  const lines: Line[] = [];
  let dropped = 0;
  const from = await open(path, 'r');
  try {
    for await (const texts of linesOf(from))
      for (const text of texts) {
        const [, seq, , run] = HEAD.exec(text) ?? [];
        const before = DROPPED.exec(text);
        if (before) dropped += Number(before[1]);
        else if (run !== undefined)
          lines.push({ seq: Number(seq), run, bytes: Buffer.byteLength(text) + 1, runs: RUNNING.test(text) });
      }
    const kept = withoutMiddle(withoutExecs(newestRuns(lines, most), most, isLive), most);
    dropped += lines.length - kept.length;
    const staying = kept.map(({ seq }) => seq);
    const next = (lines.at(-1)?.seq ?? -1) + 1;
    const bytes = await write(from, into, new Set(staying), dropped);
    return { bytes, place: (seq) => (seq >= next ? seq - next + staying.length + 1 : lowerBound(staying, seq) + 1) };
  } finally {
    await from.close();
  }
}

async function write(from: FileHandle, into: string, staying: ReadonlySet<number>, dropped: number): Promise<number> {
  const to = await open(into, 'w', 0o600);
  let [count, bytes] = [0, 0];
  try {
    for await (const texts of linesOf(from)) {
      const out: string[] = [];
      for (const text of texts) {
        const [head, seq, time, run] = HEAD.exec(text) ?? [];
        if (head === undefined || DROPPED.test(text) || !staying.has(Number(seq))) continue;
        if (!count++)
          out.push(
            `{"seq":0,"time":${time},"run":${run},"type":"note","text":${JSON.stringify(droppedText(dropped))}}\n`,
          );
        out.push(`{"seq":${count}${text.slice(`{"seq":${seq}`.length)}\n`);
      }
      bytes += (await to.write(out.join(''))).bytesWritten;
    }
  } finally {
    await to.close();
  }
  return bytes;
}

function lowerBound(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
