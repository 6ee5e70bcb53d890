/**
 * The upper directory while somebody looks. inotify says which names to look at; what is told is what is so when they
 * are looked at, some twenty times a second at most, so that a thousand writes to a file are one fact, or a few.
 *
 *   inotify ──→ dirty: names to look at ──→ upperEntry() ──→ told ──→ facts
 *      └ overflow, or too many ──→ a walk over the whole directory ──┘
 *
 * A new directory is watched first and read then: what is made in it in between is found by one or the other.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { IN, O } from '../syscalls/constants.ts';
import { namesIn, statOf, withEntry } from '../kernel/mount/beneath.ts';
import type { Fact } from '../journal/event.ts';
import { sizeOf, upperEntry } from '../storage/overlay2/upper-entry.ts';
import type { Stack, Tree } from '../storage/overlay2/stack.ts';
import { Inotify } from './inotify.ts';
import { Bucket, Spacing } from './rate-limit.ts';
import { pathBytes, showName } from '../storage/pathname.ts';
import type { Told } from './upper-state.ts';
import { parseUpper, showUpper } from '../storage/overlay2/upper.ts';

/** A write is often several calls: what comes within a moment is looked at once. */
const SETTLE_MS = 20;
const REST_MS = 60;
/**
 * Before Linux 6.6 overlayfs writes to upper's files unheard (FMODE_NONOTIFY), and what is written through mmap(2) is
 * never heard: files are looked at again.
 */
const AGAIN_MS = 400;
const AGAIN = 100;
export const BOUNDS = {
  /** told by a walk */ walk: 500,
  /** told at all */ told: 2000,
  /** names waiting to be looked at */ dirty: 1000,
  /** directories watched */ watched: 1024,
  /** entries counted */ counted: 200_000,
  /** a path's length */ path: 1024,
} as const;
const LOOKS = 100;
const WALK_MS = 1000;
/** A walk takes at most a tenth of the time. */
const WALK_SHARE = 9;

const bytesOf = (key: string): Buffer => pathBytes(key).subarray(1);
/** So that the event loop is not held for as long as there is something to look at. */
const breathe = () => new Promise((resolve) => setImmediate(resolve));

export class UpperWatch {
  readonly #wds = new Map<string, number>();
  readonly #dirs = new Map<number, string>();
  readonly #dirty = new Set<string>();
  /** told a moment ago: not yet again */
  readonly #later: string[] = [];
  readonly #fresh = new Bucket(100, 10);
  readonly #changes = new Bucket(100, 20);
  readonly #spacing = new Spacing();
  #looked = 0;
  #walkDue: number | undefined = 0;
  #walked = 0;
  #cost = 0;
  #again = 0;

  private constructor(
    private readonly inotify: Inotify,
    private readonly stack: Stack,
    private readonly upper: Tree,
    private readonly mountPoints: ReadonlySet<string>,
    private readonly told: Told,
    private readonly tell: (facts: Fact[]) => void,
  ) {}

  /** Runs until the signal. Closes the stack. */
  static async run(
    stack: Stack,
    mountPoints: ReadonlySet<string>,
    told: Told,
    tell: (facts: Fact[]) => void,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      if (!stack.upper) return;
      const inotify = await Inotify.open(stack.k);
      try {
        await new UpperWatch(inotify, stack, stack.upper, mountPoints, told, tell).#live(signal);
      } finally {
        await inotify.close();
      }
    } finally {
      await stack.close();
    }
  }

  async #live(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#hear();
      if (this.#walkDue !== undefined && performance.now() >= this.#walkDue) await this.#walk(signal);
      else await this.#look(signal);
      if (performance.now() >= this.#again) await this.#lookAgain();
      const facts = this.told.take();
      if (facts.length && !signal.aborted) this.tell(facts);
      await pause(REST_MS, undefined, { signal }).catch(() => undefined);
      await this.#something(signal);
      await pause(SETTLE_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Something to hear, or time to look again. */
  async #something(signal: AbortSignal): Promise<void> {
    if (this.#dirty.size || signal.aborted) return;
    const due = Math.min(this.#again, this.#walkDue ?? Infinity);
    await this.inotify.something(signal, Math.max(1, Math.ceil(due - performance.now())));
  }

  async #hear(): Promise<void> {
    for (const { wd, mask, name } of await this.inotify.heard()) {
      if (mask & IN.IN_Q_OVERFLOW) this.#walkSoon();
      const dir = this.#dirs.get(wd);
      if (dir === undefined) continue;
      if (mask & IN.IN_IGNORED) this.#drop(dir);
      const key = name.length ? `${dir}/${showName(name)}` : dir;
      if (key) this.#mark(key);
    }
  }

  /** When there are too many names, those that have been told are still looked at; the rest is counted by a walk. */
  #mark(key: string): void {
    if (this.#dirty.size < BOUNDS.dirty || this.told.get(key) !== undefined) this.#dirty.add(key);
    else this.#walkSoon();
  }

  #walkSoon(): void {
    this.#walkDue ??= this.#walked + Math.max(WALK_MS, WALK_SHARE * this.#cost);
  }

  #drop(dir: string): void {
    const wd = this.#wds.get(dir);
    this.#wds.delete(dir);
    if (wd !== undefined && this.#dirs.get(wd) === dir) this.#dirs.delete(wd);
  }

  /**
   * No longer a directory, or not at this name. A directory that was moved is watched under its new name by then, or
   * will be.
   */
  async #unwatch(key: string): Promise<void> {
    for (const dir of [...this.#wds.keys()].filter((one) => one === key || one.startsWith(`${key}/`))) {
      const wd = this.#wds.get(dir)!;
      const still = this.#dirs.get(wd) === dir;
      this.#drop(dir);
      if (still) await this.inotify.forget(wd);
    }
  }

  /** True when it was not watched before, at this name. */
  async #watch(key: string): Promise<boolean> {
    if (!this.#wds.has(key) && this.#wds.size >= BOUNDS.watched) return false;
    const wd = await this.inotify.watch(this.upper.fd, bytesOf(key));
    if (wd === undefined || this.#wds.get(key) === wd) return false;
    this.#drop(key);
    this.#wds.set(key, wd);
    this.#dirs.set(wd, key);
    return true;
  }

  async #look(signal: AbortSignal): Promise<void> {
    let looks = 0;
    // also what is found on the way: a tree that was made at once is told at once
    for (const key of this.#dirty) {
      if (signal.aborted || ++looks > LOOKS) break;
      this.#dirty.delete(key);
      await this.#lookAt(key);
    }
    for (const key of this.#later.splice(0)) this.#dirty.add(key);
  }

  async #lookAt(key: string): Promise<void> {
    if (++this.#looked % 20 === 0) await breathe();
    const entry = await upperEntry(this.stack, bytesOf(key), key, this.mountPoints);
    if (!entry) {
      await this.#unwatch(key);
      this.#spacing.forget(key);
      return this.told.gone(key);
    }
    if (entry.type !== 'dir') {
      await this.#unwatch(key);
      if (this.told.below(key).length) this.told.gone(key);
    } else if (await this.#watch(key)) {
      for (const below of this.told.below(key)) this.#dirty.add(below);
      await this.#read(key);
    }
    this.#say(key, showUpper(entry));
  }

  /** All names in a directory that has just come under watch. */
  async #read(key: string): Promise<void> {
    for await (const { name } of namesIn(this.stack.k, this.upper.fd, bytesOf(key))) {
      this.#mark(`${key}/${showName(name)}`);
      if (this.#dirty.size >= BOUNDS.dirty) return this.#walkSoon();
    }
  }

  #say(key: string, value: string): void {
    const before = this.told.get(key);
    if (before === value) return;
    const now = performance.now();
    if (before === undefined) {
      if (this.told.size < BOUNDS.told && key.length <= BOUNDS.path && this.#fresh.take(now)) this.told.is(key, value);
      else this.#walkSoon();
    } else if (this.#spacing.may(key, now) && this.#changes.take(now)) this.told.is(key, value);
    else this.#later.push(key);
  }

  /** The whole directory, when more happened than was heard, or may be told one by one. */
  async #walk(signal: AbortSignal): Promise<void> {
    const begun = performance.now();
    this.#walkDue = undefined;
    this.#dirty.clear();
    const left = new Set(this.told.keys());
    const ways = [''];
    const unseen = new Set(this.#wds.keys());
    let [counted, more] = [0, 0];
    for (let way = ways.pop(); way !== undefined && counted < BOUNDS.counted; way = ways.pop()) {
      unseen.delete(way);
      await this.#watch(way);
      for await (const { name, isDirectory } of namesIn(this.stack.k, this.upper.fd, bytesOf(way))) {
        if (signal.aborted || ++counted > BOUNDS.counted) break;
        const key = `${way}/${showName(name)}`;
        if (isDirectory) ways.push(key);
        if (left.delete(key) || (this.told.size < BOUNDS.walk && key.length <= BOUNDS.path)) await this.#found(key);
        else more++;
      }
    }
    if (signal.aborted) return;
    if (counted <= BOUNDS.counted) {
      for (const key of left) this.told.gone(key);
      for (const way of unseen) await this.#unwatch(way);
    }
    this.told.more(more, counted > BOUNDS.counted);
    this.#walked = performance.now();
    this.#cost = this.#walked - begun;
  }

  async #found(key: string): Promise<void> {
    if (++this.#looked % 20 === 0) await breathe();
    const entry = await upperEntry(this.stack, bytesOf(key), key, this.mountPoints);
    if (!entry) return this.told.gone(key);
    if (entry.type !== 'dir' && this.told.below(key).length) this.told.gone(key);
    this.told.is(key, showUpper(entry));
  }

  /** The newest files: has one become longer, or another's, unheard? */
  async #lookAgain(): Promise<void> {
    for (const key of this.told.keys().slice(-AGAIN)) {
      const known = parseUpper(this.told.get(key) ?? '');
      if (known?.type !== 'file') continue;
      const same = await withEntry(this.stack.k, this.upper.fd, bytesOf(key), O.O_PATH, async (fd) => {
        const stat = await statOf(this.stack.k, fd);
        return sizeOf(stat) === known.size && (stat.mode & 0o7777) === known.mode && stat.uid === known.uid;
      });
      if (!same) this.#dirty.add(key);
    }
    this.#again = performance.now() + AGAIN_MS;
  }
}
