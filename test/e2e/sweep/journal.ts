/** Follows a container's journal; tests can wait for events. */
import { request } from 'node:http';
import type { Event } from '../../../runtime/journal/event.ts';
import type { Daemon } from '../daemon.ts';

export class Follower {
  readonly events: Event[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #request;
  #over = false;
  /** resolves when the daemon has begun to send */
  readonly begun: Promise<void>;

  constructor(daemon: Daemon, id: string) {
    let rest = '';
    let begin: () => void;
    this.begun = new Promise((resolve) => (begin = resolve));
    const end = () => {
      this.#over = true;
      begin();
      this.#wake();
    };
    this.#request = request(
      { socketPath: daemon.socket, path: `/drydock/containers/${id}/journal?follow=1`, agent: false },
      (res) => {
        begin();
        res.setEncoding('utf8');
        res.on('data', (text: string) => {
          const lines = (rest + text).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) this.events.push(JSON.parse(line) as Event);
          this.#wake();
        });
        res.on('close', end);
        res.on('error', end);
      },
    );
    this.#request.on('error', end);
    this.#request.end();
  }

  #wake(): void {
    for (const one of [...this.#waiting]) one();
  }

  /** Resolves with undefined if the journal or the daemon ends first. */
  async until(is: (event: Event) => boolean, from = 0): Promise<Event | undefined> {
    for (let seen = from; ;) {
      for (; seen < this.events.length; seen++) if (is(this.events[seen]!)) return this.events[seen];
      if (this.#over) return undefined;
      await new Promise<void>((resolve) => {
        const one = () => {
          this.#waiting.delete(one);
          resolve();
        };
        this.#waiting.add(one);
      });
    }
  }

  close(): void {
    this.#request.destroy();
  }
}
