/** One xterm.js terminal on one stream of the daemon. Loaded on first use. */
import { FitAddon } from '@xterm/addon-fit';
import { SearchAddon } from '@xterm/addon-search';
import { SerializeAddon } from '@xterm/addon-serialize';
import { Unicode11Addon } from '@xterm/addon-unicode11';
import { WebLinksAddon } from '@xterm/addon-web-links';
import { Terminal, type ITheme } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import type { RecordedExec } from '../../server/recording/format.ts';
import type { Playground } from './playground.svelte.ts';
import { speech } from '../words/language.svelte.ts';
import { Tape } from './tape.ts';

/** What the terminal shows: the container's own process or another one in it, live or from a recording. */
export type Source =
  | { kind: 'attach'; id: string }
  | { kind: 'exec'; id: string; command: string[] }
  | { kind: 'recorded'; id: string; exec: RecordedExec };

/**
 * The CSP forbids styles in markup. xterm.js makes style elements for its colours, which the CSP allows by a nonce, and
 * sets style attributes for others. The CSP allows those through the object model, but not through setAttribute (CSP
 * Level 3, 6.7.3).
 */
function allowStyles(): void {
  const { nonce } = document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]') ?? { nonce: '' };
  const make = document.createElement.bind(document);
  document.createElement = ((name: string, options?: ElementCreationOptions) => {
    const element = make(name, options);
    if (name === 'style' && nonce) element.nonce = nonce;
    return element;
  }) as typeof document.createElement;
  const set = Element.prototype.setAttribute;
  HTMLElement.prototype.setAttribute = function (name, value) {
    if (name === 'style') this.style.cssText = value;
    else set.call(this, name, value);
  };
}
allowStyles();

const themes: Record<'light' | 'dark', ITheme> = {
  light: {
    background: '#ffffff',
    foreground: '#15212b',
    cursor: '#06608a',
    cursorAccent: '#ffffff',
    selectionBackground: '#b9d9ea',
    green: '#1a6e3c',
    brightGreen: '#1a6e3c',
    yellow: '#8a5300',
    brightYellow: '#8a5300',
    blue: '#1d4fa8',
    brightBlue: '#1d4fa8',
    cyan: '#06608a',
    white: '#52626f',
    brightWhite: '#15212b',
  },
  dark: {
    background: '#0b1116',
    foreground: '#e3ebf1',
    cursor: '#63b9e6',
    cursorAccent: '#0b1116',
    selectionBackground: '#27465a',
  },
};
/** localStorage key: whether screen reader mode is on */
const READING = 'drydock-terminal-read';
function wantsReading(): boolean {
  try {
    return localStorage.getItem(READING) === 'yes';
  } catch {
    return false;
  }
}
const dark = matchMedia('(prefers-color-scheme: dark)');

const SETTLED_MS = 200;

export class Screen {
  readonly #term = new Terminal({
    allowProposedApi: true,
    screenReaderMode: wantsReading(),
    fontFamily: getComputedStyle(document.documentElement).getPropertyValue('--mono'),
    fontSize: 13,
    scrollback: 5000,
    cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches,
    minimumContrastRatio: 4.5,
    theme: themes[dark.matches ? 'dark' : 'light'],
  });
  readonly #fit = new FitAddon();
  readonly #search = new SearchAddon();
  readonly #serialize = new SerializeAddon();
  readonly #watch = new ResizeObserver(() => this.fit());
  ended = false;
  #tape: Tape | undefined;
  /** the size that was last sent to the process */
  #size = '';

  /**
   * `leave` is called for Ctrl+Shift+Esc or Ctrl+], because xterm.js passes Tab and Esc to the process (WCAG 2.2,
   * 2.1.2).
   */
  constructor(
    readonly playground: Playground,
    public number: number,
    public source: Source,
    leave: () => void,
  ) {
    const { connection } = playground;
    for (const addon of [this.#fit, this.#search, this.#serialize, new Unicode11Addon()]) this.#term.loadAddon(addon);
    this.#term.unicode.activeVersion = '11';
    // Links come from the container's output: they open only on a click, without a referrer.
    if (!playground.recording)
      this.#term.loadAddon(new WebLinksAddon((_event, uri) => void window.open(uri, '_blank', 'noopener,noreferrer')));
    this.#term.onData((text) => playground.live && connection.type(this.number, text));
    this.#term.onResize(() => this.#resizing());
    this.#term.attachCustomKeyEventHandler((event) => {
      if (!(event.ctrlKey && (event.key === ']' || (event.shiftKey && event.key === 'Escape')))) return true;
      event.preventDefault();
      if (event.type === 'keydown') leave();
      return false;
    });
    dark.addEventListener('change', this.#recolour);
    this.#listen();
  }

  #listen(): void {
    this.playground.terminals.set(this.number, {
      output: (bytes) => this.#term.write(bytes),
      ended: () => {
        this.ended = true;
        this.#say(speech.words.app.terminal.ended);
      },
      gap: (bytes) => this.#say(speech.words.app.terminal.gap(bytes)),
    });
  }
  #forget(): void {
    this.playground.terminals.delete(this.number);
    this.playground.connection.ask('detach', { terminal: this.number }).catch(() => undefined);
  }

  /**
   * Switches to another process with a new stream number, so that late output of the old process is not mixed in. A new
   * terminal would cost as much as a picture.
   */
  turn(number: number, source: Source): void {
    if (number === this.number) return;
    this.#forget();
    this.number = number;
    this.source = source;
    this.ended = false;
    this.#tape = undefined;
    this.#listen();
    // RIS (reset) is queued behind output that xterm.js has not drawn yet.
    this.#term.write('\x1bc');
  }

  /** Shows what a recorded terminal showed at that time. */
  replay(time: number): void {
    const { recording } = this.playground;
    if (!recording) return;
    const { output, tty } =
      this.source.kind === 'recorded' ? this.source.exec : { output: recording.output, tty: recording.row.tty };
    const { again, bytes } = (this.#tape ??= new Tape(output)).turn(time);
    this.#term.options.convertEol = !tty;
    if (again) this.#term.reset();
    for (const piece of bytes) this.#term.write(piece);
  }

  #recolour = (): void => void (this.#term.options.theme = themes[dark.matches ? 'dark' : 'light']);
  #say = (text: string): void => this.#term.write(`\r\n\x1b[3m── ${text} ──\x1b[0m\r\n`);

  open(element: HTMLElement): void {
    this.#term.open(element);
    this.#watch.observe(element);
    this.fit();
  }

  /** Sets xterm.js's texts for screen readers in the page's language. */
  speak(): void {
    const { input, tooMuch } = speech.words.app.terminal;
    Object.assign(Terminal.strings, { promptLabel: input, tooMuchOutput: tooMuch });
    this.#term.textarea?.setAttribute('aria-label', input);
  }

  fit(): void {
    // A hidden tab has no size.
    if (this.#term.element?.offsetParent) this.#fit.fit();
  }

  focus = (): void => this.#term.focus();
  find = (text: string, forward: boolean): boolean =>
    forward ? this.#search.findPrevious(text, { incremental: false }) : this.#search.findNext(text);
  /** The text without colours and cursor movements. */
  text = (): string =>
    this.#serialize.serialize({ excludeModes: true, excludeAltBuffer: true }).replace(/\x1b\[[0-9;]*[A-Za-z]/g, '');

  get read(): boolean {
    return this.#term.options.screenReaderMode ?? false;
  }
  set read(yes: boolean) {
    this.#term.options.screenReaderMode = yes;
    localStorage.setItem(READING, yes ? 'yes' : '');
  }

  readOnly(yes: boolean): void {
    this.#term.options.disableStdin = yes;
  }

  /** Attaches to the process; called again for another start of the same container. */
  async connect(): Promise<void> {
    const { connection } = this.playground;
    const { number, source } = this;
    this.ended = false;
    this.#size = '';
    this.#term.reset();
    const { rows, cols: columns } = this.#term;
    try {
      if (source.kind === 'exec')
        return void (await connection.ask('exec', {
          id: source.id,
          terminal: number,
          command: source.command,
          rows,
          columns,
        }));
      const { tty } = await connection.ask('attach', { id: source.id, terminal: number });
      if (number !== this.number) return;
      this.#term.options.convertEol = !tty;
      void this.#resized();
    } catch (error) {
      if (number === this.number)
        this.#say(speech.spoken.message(error instanceof Error ? error.message : String(error)));
    }
  }

  /** A window that is dragged has many sizes; the daemon is told the one at which it stays. */
  #resizing(): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => void this.#resized(), SETTLED_MS);
  }
  #settling: ReturnType<typeof setTimeout> | undefined;

  /** Fails before the process exists; `running` sends the size again. */
  async #resized(): Promise<void> {
    const { rows, cols: columns } = this.#term;
    if (this.#size === `${rows} ${columns}`) return;
    this.#size = `${rows} ${columns}`;
    await this.playground.connection
      .ask('resize', { terminal: this.number, rows, columns })
      .catch(() => (this.#size = ''));
  }
  running(): void {
    void this.#resized();
  }

  close(): void {
    clearTimeout(this.#settling);
    dark.removeEventListener('change', this.#recolour);
    this.#watch.disconnect();
    this.#forget();
    this.#term.dispose();
  }
}
