/** A client of the playground's protocol. */
import { get } from 'node:http';
import { WebSocket } from 'ws';
import type { Asks, Told, Topic } from '../../server/live/protocol.ts';

type Seen = Told | { type: 'output'; terminal: number; text: string };

/** Stores all messages; `until` waits for one. `site`: address and cookie of the playground. */
export class Caller {
  readonly seen: Seen[] = [];
  closed: number | undefined;
  #asked = 0;
  #wake: () => void = () => undefined;
  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer, binary) => {
      this.seen.push(
        binary
          ? { type: 'output', terminal: data[0]!, text: data.subarray(1).toString() }
          : (JSON.parse(data.toString()) as Told),
      );
      this.#wake();
    });
    socket.on('close', (code) => {
      this.closed = code;
      this.#wake();
    });
    socket.on('error', () => undefined);
  }

  static call(site: { host: string; cookie: string }): Promise<Caller> {
    const socket = new WebSocket(`ws://${site.host}/live`, {
      headers: { Cookie: site.cookie, Origin: `http://${site.host}` },
    });
    const caller = new Caller(socket);
    return new Promise((resolve, reject) => {
      socket.once('open', () => resolve(caller));
      socket.once('error', reject);
    });
  }

  /** Opens the printed address as a browser would, and keeps the cookie. */
  static async enter(address: string): Promise<Caller> {
    const url = new URL(address);
    const cookie = await new Promise<string>((resolve, reject) => {
      get(
        url,
        { agent: false },
        (res) => (res.resume(), resolve((res.headers['set-cookie']?.[0] ?? '').split(';')[0]!)),
      ).on('error', reject);
    });
    return Caller.call({ host: url.host, cookie });
  }

  async until<T>(find: (caller: this) => T): Promise<NonNullable<T>> {
    for (;;) {
      const found = find(this);
      if (found) return found;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Resolves with the answer or the refusal. */
  async say(message: object): Promise<Told & { type: 'answer' | 'refused' }> {
    const ask = ++this.#asked;
    this.socket.send(JSON.stringify({ ask, ...message }));
    return this.until(({ seen }) =>
      seen.find(
        (one): one is Told & { type: 'answer' | 'refused' } =>
          (one.type === 'answer' || one.type === 'refused') && one.ask === ask,
      ),
    );
  }

  async ask<T extends Topic>(topic: T, asked: Asks[T]['ask']): Promise<Asks[T]['answer']> {
    const answer = await this.say({ topic, ...asked });
    if (answer.type === 'refused') throw new Error(`${answer.status} ${answer.message}`);
    return answer.value as Asks[T]['answer'];
  }

  output = (terminal: number): string =>
    this.seen.map((one) => (one.type === 'output' && one.terminal === terminal ? one.text : '')).join('');
}
