/** A container's terminal output as lines with times, and which of the lines were typed at a shell's prompt. */
import { closeSync, openSync } from 'node:fs';
import { readRecords } from '../../runtime/container/logs/log-record.ts';

/** Number of lines kept, and bytes read per round, so that endless output is read at a limited rate. */
const KEPT = 2000;
const ROUND = 256 * 1024;
const LINE = 4096;

interface Line {
  time: number;
  text: string;
  typed?: string;
}

/** Removes escape sequences (ECMA-48) and characters deleted with backspace. */
function plain(text: string): string {
  let out = '';
  for (const char of text.replace(/\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g, ''))
    out = char === '\b' ? out.slice(0, -1) : char === '\u0007' ? out : out + char;
  return out;
}
/** `root@0d855f4792ed:/# ls`, `# ls`, `$ ls`, `bash-5.2# ls` */
const PROMPT = /^(?:[\w.-]+@[\w.-]+:[^#$]*|[\w.-]*)[#$] (.*\S)\s*$/;

/**
 * When the terminal changes its size, for instance at attach, readline prints the prompt again before the typed text.
 */
const PROMPT_AGAIN = /^(?:[\w.-]+@[\w.-]+:[^#$\s]*[#$] ?)+(?=[\w.-]+@[\w.-]+:[^#$\s]*[#$] )/;

export class Output {
  readonly #lines: Line[] = [];
  #offset = 0;
  #rest = '';

  constructor(private readonly path: string) {}

  /** Reads the output that is new since the last call. */
  read(): void {
    let fd: number;
    try {
      fd = openSync(this.path, 'r');
    } catch {
      return;
    }
    let bytes = 0;
    for (const { data, ns, end } of readRecords(fd, this.#offset)) {
      this.#offset = end;
      this.#take(data.toString('utf8'), Number(ns) / 1e6);
      if ((bytes += data.length) > ROUND) break;
    }
    closeSync(fd);
  }

  #take(text: string, time: number): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop()!.slice(-LINE);
    for (const line of lines) {
      // readline prints \r before a prompt; at the right edge of the screen it prints a space before that, which was
      // not typed.
      const shown = plain(line.slice(0, LINE))
        .replace(/ \r(?=[^\r])/g, '')
        .replaceAll('\r', '')
        .replace(PROMPT_AGAIN, '');
      const typed = PROMPT.exec(shown)?.[1];
      this.#lines.push({ time, text: shown, ...(typed !== undefined && { typed }) });
    }
    if (this.#lines.length > KEPT) this.#lines.splice(0, this.#lines.length - KEPT);
  }

  shown = (since: number): string =>
    [...this.#lines.filter(({ time }) => time >= since).map(({ text }) => text), plain(this.#rest)].join('\n');
  typed = (since: number): { time: number; text: string }[] =>
    this.#lines.flatMap(({ time, typed }) => (typed !== undefined && time >= since ? [{ time, text: typed }] : []));
}
