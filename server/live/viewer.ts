/** One browser tab: its asks, its journal, its terminals, and its limits. */
import type { RawData, WebSocket } from 'ws';
import type { Lessons } from '../../lessons/engine/lessons.ts';
import type { Engine } from '../../runtime/engine/engine.ts';
import { parseJson } from '../../runtime/json/parse-json.ts';
import { badParameter, conflict, ApiError } from '../../runtime/errors/api-error.ts';
import { walkable } from '../../runtime/engine/find-walkable.ts';
import { answerers, checked } from './dispatch.ts';
import { feedJournal } from './journal-feed.ts';
import { LIMITS } from './ask/limits.ts';
import type { Topic } from './protocol.ts';
import type { Told } from '../messages/messages.ts';
import { Terminal } from './ask/terminal.ts';
import type { Asker } from './ask/topic.ts';

/** WebSocket close codes: RFC 6455, 7.4.1 */
const POLICY = 1008;
const UNSUPPORTED = 1003;

interface Open {
  stream: Terminal;
  resize?: (rows: number, columns: number) => Promise<void>;
}

export class Viewer implements Asker {
  readonly #terminals = new Map<number, Open>();
  readonly #left = new AbortController();
  readonly gone = this.#left.signal;
  #following: AbortController | undefined;
  #waiting = 0;
  #allowance: number = LIMITS.burst;
  #filled = performance.now();
  #list = '';

  constructor(
    readonly engine: Engine,
    private readonly socket: WebSocket,
    private readonly course?: Lessons,
  ) {
    socket.on('message', (data, binary) => this.#message(data, binary));
    socket.on('close', () => this.#close());
    socket.on('error', () => socket.terminate());
  }

  get lessons(): Lessons {
    if (!this.course) throw new ApiError(501, 'this daemon has no lessons');
    return this.course;
  }

  tell(message: Told): void {
    if (this.socket.readyState === this.socket.OPEN) this.socket.send(JSON.stringify(message));
  }

  /** Sends the list, unless the viewer has this one already or has not taken what was sent before. */
  list(list: Told & { type: 'containers' }): void {
    const text = JSON.stringify(list);
    if (text === this.#list || this.ahead() > LIMITS.ahead) return;
    this.#list = text;
    this.tell(list);
  }

  ahead = (): number => this.socket.bufferedAmount;

  /** ws has no event for this. The callback of an empty ping comes when everything before it has left. */
  room = (): Promise<void> =>
    new Promise((resolve) =>
      this.socket.readyState === this.socket.OPEN ? this.socket.ping('', false, () => resolve()) : resolve(),
    );

  /** A token bucket of `burst` messages that fills at `rate` a second. */
  #allowed(): boolean {
    const now = performance.now();
    this.#allowance = Math.min(LIMITS.burst, this.#allowance + ((now - this.#filled) / 1000) * LIMITS.rate);
    this.#filled = now;
    return --this.#allowance >= 0;
  }

  #message(data: RawData, binary: boolean): void {
    if (!this.#allowed()) return this.socket.close(POLICY, 'too many messages');
    const bytes = Buffer.isBuffer(data) ? data : Buffer.concat(Array.isArray(data) ? data : [Buffer.from(data)]);
    if (binary) return void this.#terminals.get(bytes[0] ?? -1)?.stream.typed(bytes.subarray(1));
    let asked: unknown;
    try {
      asked = parseJson(bytes.toString('utf8'));
    } catch {
      asked = undefined;
    }
    const { ask, topic } = (asked ?? {}) as { ask?: unknown; topic?: unknown };
    if (!Number.isSafeInteger(ask) || typeof topic !== 'string') return this.socket.close(UNSUPPORTED, 'not an ask');
    void this.#answer(ask as number, topic, asked as Record<string, unknown>);
  }

  async #answer(ask: number, topic: string, asked: Record<string, unknown>): Promise<void> {
    try {
      if (this.#waiting >= LIMITS.waiting) throw new ApiError(503, 'too many asks at once');
      this.#waiting++;
      try {
        if (!Object.hasOwn(answerers, topic)) throw badParameter(`nothing is known of the topic ${topic.slice(0, 40)}`);
        const { answer } = answerers[topic as Topic] as { answer(asker: Asker, asked: unknown): unknown };
        this.tell({ type: 'answer', ask, value: await answer(this, checked(topic as Topic, asked)) });
      } finally {
        this.#waiting--;
      }
    } catch (error) {
      this.tell({
        type: 'refused',
        ask,
        status: error instanceof ApiError ? error.status : 500,
        message: error instanceof Error ? error.message : String(error),
      });
    }
  }

  /** Follows one journal at a time, because the page shows one container or one operation. */
  follow(id: string, from: number): void {
    const handle = walkable(this.engine, id);
    this.#following?.abort();
    const following = (this.#following = new AbortController());
    handle.watch(following.signal);
    // after the answer
    setImmediate(() => void feedJournal(handle, from, this, following.signal).catch(() => undefined));
  }

  terminal(number: number, tty: boolean): Terminal {
    if (this.#terminals.has(number)) throw conflict(`terminal ${number} is in use`);
    if (this.#terminals.size >= LIMITS.terminals)
      throw conflict(`there are ${LIMITS.terminals} terminals already: close one`);
    const stream = new Terminal(
      {
        ahead: this.ahead,
        send: (bytes) => {
          if (this.socket.readyState !== this.socket.OPEN) return;
          // one message in two fragments (RFC 6455, 5.4), so that the bytes are not copied for each viewer
          this.socket.send(Buffer.from([number]), { binary: true, fin: false });
          this.socket.send(bytes, { binary: true, fin: true });
        },
        gap: (bytes) => this.tell({ type: 'gap', terminal: number, bytes }),
        ended: () => {
          if (this.#terminals.get(number)?.stream !== stream) return;
          this.#terminals.delete(number);
          this.tell({ type: 'ended', terminal: number });
        },
      },
      tty,
    );
    this.#terminals.set(number, { stream });
    return stream;
  }

  resizing(number: number, resize: (rows: number, columns: number) => Promise<void>): void {
    const open = this.#terminals.get(number);
    if (open) open.resize = resize;
  }

  async resize(number: number, rows: number, columns: number): Promise<void> {
    await this.#terminals.get(number)?.resize?.(rows, columns);
  }

  detach(number: number): void {
    this.#terminals.get(number)?.stream.destroy();
    this.#terminals.delete(number);
  }

  #close(): void {
    this.#left.abort();
    this.#following?.abort();
    for (const number of [...this.#terminals.keys()]) this.detach(number);
  }
}
