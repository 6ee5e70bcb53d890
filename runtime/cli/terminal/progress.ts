/** The progress of a pull: on a terminal one bar for each layer, elsewhere one plain line for each finished item. */
import { visible } from '../../journal/visible.ts';
import { decimalSize } from './format.ts';
import { fitted } from './wrap.ts';

/** A line of the answer to POST /images/create. */
export interface ProgressLine {
  status?: string;
  id?: string;
  progressDetail?: { current?: number; total?: number };
  error?: string;
  errorDetail?: { message?: string };
  stream?: string;
  aux?: unknown;
}

const BAR = 30;
/** States that get no line in a log file, because they are reported many times on the way. */
const passing =
  /^(Downloading|Extracting|Loading layer|Preparing|Pushing|Waiting|Pulling fs layer|Verifying Checksum)$/;

export class Progress {
  readonly #rows: string[] = [];
  readonly #texts = new Map<string, string>();
  readonly #shown = new Map<string, string>();
  #drawn = 0;
  #last = 0;

  constructor(
    readonly out: NodeJS.WriteStream,
    readonly quiet = false,
  ) {}

  line(line: ProgressLine): void {
    if (this.quiet || !line.status) return;
    const key = line.id ?? '';
    const layer = key && line.progressDetail;
    if (!this.out.isTTY) return this.#plain(line);
    if (!layer) {
      this.finish();
      this.out.write(`${fitted(`${key ? `${visible(key)}: ` : ''}${visible(line.status)}`, this.out)}\n`);
      return;
    }
    if (!this.#texts.has(key)) this.#rows.push(key);
    this.#texts.set(key, `${visible(key)}: ${this.#bar(line)}`);
    // thirty redraws a second are enough, but the last state of a layer must always be drawn
    if (Date.now() - this.#last > 33 || !passing.test(line.status)) this.#draw();
  }

  #bar({ status = '', progressDetail }: ProgressLine): string {
    const { current, total } = progressDetail ?? {};
    if (!current || !total) return visible(status);
    const filled = Math.min(BAR, Math.floor((BAR * current) / total));
    const bar = '='.repeat(Math.max(0, filled - 1)) + (filled ? '>' : '');
    return `${visible(status).padEnd(11)} [${bar.padEnd(BAR)}] ${decimalSize(current)}/${decimalSize(total)}`;
  }

  #plain(line: ProgressLine): void {
    const text = `${line.id ? `${visible(line.id)}: ` : ''}${visible(line.status!)}`;
    if (passing.test(line.status!) || this.#shown.get(line.id ?? '') === text) return;
    this.#shown.set(line.id ?? '', text);
    this.out.write(`${text}\n`);
  }

  #draw(): void {
    this.#last = Date.now();
    const width = Math.max(20, this.out.columns || 80);
    const fits = this.#rows.slice(-Math.max(1, (this.out.rows || 24) - 2));
    const up = this.#drawn ? `\u001b[${this.#drawn}A` : '';
    this.out.write(up + fits.map((key) => `\r\u001b[2K${this.#texts.get(key)!.slice(0, width - 1)}\n`).join(''));
    this.#drawn = fits.length;
  }

  /** Moves below the bars for the output that follows. */
  finish(): void {
    if (this.#drawn) this.#draw();
    this.#rows.length = 0;
    this.#texts.clear();
    this.#drawn = 0;
  }
}
