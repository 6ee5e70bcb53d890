/**
 * The packets that the daemon captures while the picture is open. They are decoded here; the newest are stored for a
 * file.
 */
import { headersOf, isOut } from '../../runtime/watch/headers.ts';
import { LIFE_MS, type Passed } from '../draw/traffic.ts';
import type { Rewrite, Told } from '../../server/live/protocol.ts';
import type { Kept } from './pcap.ts';
import type { Playground } from './playground.svelte.ts';

/** With 256 bytes each, half a megabyte. */
const KEPT = 2000;
const REWRITES = 8;
const TICK_MS = 100;

const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
export class PacketFeed {
  packets = $state.raw<readonly (Passed & Kept)[]>([]);
  rewrites = $state.raw<readonly Rewrite[]>([]);
  /** count since the picture was opened */
  seen = $state(0);
  /** some packets were left out, because there were too many to show */
  missing = $state(false);
  /** false if the kernel has no conntrack table that can be read: then address translation is unknown */
  conntrack = $state(true);
  /** the page's clock, set while a dot is moving */
  now = $state<number | undefined>();
  #tick: ReturnType<typeof setInterval> | undefined;

  /** `mac`: the address of the container's eth0, when it exists */
  constructor(
    private readonly playground: Playground,
    private readonly mac: () => string | undefined,
  ) {}

  /** Returns a function that ends it. */
  watch(): () => void {
    const { id, connection, link } = this.playground;
    this.packets = this.rewrites = [];
    this.seen = 0;
    this.missing = false;
    if (!id || link !== 'open') return () => undefined;
    const deaf = this.playground.hear(
      (message) => message.type === 'packets' && message.id === id && this.#learn(message),
    );
    connection
      .ask('packets', { id, on: true })
      .then(({ conntrack }) => (this.conntrack = conntrack))
      .catch(() => undefined);
    return () => {
      deaf();
      clearInterval(this.#tick);
      this.#tick = this.now = undefined;
      connection.ask('packets', { id, on: false }).catch(() => undefined);
    };
  }

  #learn({ packets, more, rewrites, conntrack }: Extract<Told, { type: 'packets' }>): void {
    const mac = this.mac();
    this.conntrack = conntrack;
    const arrived = performance.now();
    const fresh = packets.map(({ time, length, data }, j) => {
      const bytes = bytesOf(data);
      const headers = headersOf(bytes);
      return { number: this.seen + j, time, arrived, length, bytes, headers, out: isOut(headers, mac) };
    });
    this.seen += packets.length;
    this.missing ||= more;
    this.packets = [...this.packets, ...fresh].slice(-KEPT);
    const others = this.rewrites.filter(
      (old) =>
        !rewrites.some(
          ({ protocol, from, target }) => old.protocol === protocol && old.from === from && old.target === target,
        ),
    );
    if (rewrites.length) this.rewrites = [...others, ...rewrites].slice(-REWRITES);
    this.#move();
  }

  /** A clock that runs only while a dot is moving, and never when the user prefers reduced motion. */
  #move(): void {
    if (this.#tick || matchMedia('(prefers-reduced-motion: reduce)').matches) return;
    this.now = performance.now();
    this.#tick = setInterval(() => {
      this.now = performance.now();
      if (this.now - (this.packets.at(-1)?.arrived ?? 0) < LIFE_MS + TICK_MS) return;
      clearInterval(this.#tick);
      this.#tick = this.now = undefined;
    }, TICK_MS);
  }
}
