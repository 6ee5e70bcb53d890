/**
 * The page's end of server/live/protocol.ts: requests as promises, incoming messages, and reconnection after a loss.
 */
import { PATH, type Asks, type Told, type Topic } from '../../server/live/protocol.ts';
import { speech } from '../words/language.svelte.ts';

export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export type Link = 'connecting' | 'open' | 'lost';
export interface Listener {
  told(message: Told): void;
  output(terminal: number, bytes: Uint8Array): void;
  link(state: Link): void;
}
/** What the page needs from its other end: the daemon, or a recording. */
export interface Wire {
  open(): void;
  ask<T extends Topic>(topic: T, asked: Asks[T]['ask']): Promise<Asks[T]['answer']>;
  type(terminal: number, text: string): void;
}
interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

const AGAIN_MS = [250, 500, 1000, 2000, 4000];

export class Connection implements Wire {
  #socket: WebSocket | undefined;
  #asked = 0;
  #attempts = 0;
  readonly #waiting = new Map<number, Waiting>();

  constructor(private readonly listener: Listener) {}

  open(): void {
    this.listener.link(this.#attempts ? 'lost' : 'connecting');
    const socket = (this.#socket = new WebSocket(
      `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${PATH}`,
    ));
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      this.#attempts = 0;
      this.listener.link('open');
    };
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => this.#message(data);
    socket.onclose = () => this.#lost();
  }

  #message(data: string | ArrayBuffer): void {
    if (typeof data !== 'string') {
      const bytes = new Uint8Array(data);
      return this.listener.output(bytes[0]!, bytes.subarray(1));
    }
    const message = JSON.parse(data) as Told;
    if (message.type !== 'answer' && message.type !== 'refused') return this.listener.told(message);
    const waiting = this.#waiting.get(message.ask);
    this.#waiting.delete(message.ask);
    if (message.type === 'answer') waiting?.resolve(message.value);
    else waiting?.reject(new Refused(message.status, message.message));
  }

  #lost(): void {
    for (const { reject } of this.#waiting.values()) reject(new Refused(503, speech.words.app.refused.lost));
    this.#waiting.clear();
    this.listener.link('lost');
    const wait = AGAIN_MS[Math.min(this.#attempts++, AGAIN_MS.length - 1)];
    setTimeout(() => this.open(), wait);
  }

  ask<T extends Topic>(topic: T, asked: Asks[T]['ask']): Promise<Asks[T]['answer']> {
    return new Promise((resolve, reject) => {
      if (this.#socket?.readyState !== WebSocket.OPEN)
        return reject(new Refused(503, speech.words.app.refused.noConnection));
      const ask = ++this.#asked;
      this.#waiting.set(ask, { resolve: resolve as (value: unknown) => void, reject });
      this.#socket.send(JSON.stringify({ ask, topic, ...asked }));
    });
  }

  type(terminal: number, text: string): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    const bytes = new TextEncoder().encode(text);
    // A paste may have any length; it is split into messages of the size that the daemon accepts.
    for (let at = 0; at < bytes.length; at += 32_768)
      this.#socket.send(new Uint8Array([terminal, ...bytes.subarray(at, at + 32_768)]));
  }
}
