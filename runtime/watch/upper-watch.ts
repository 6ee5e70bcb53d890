/**
 * Watches the upper directory while a client looks at it. inotify reports which names to check. A fact holds what is
 * true at the time of the check. There are some twenty checks a second at most, so a thousand writes to a file become
 * one fact, or a few.
 *
 *   inotify ──→ dirty: names to check ──→ upperEntry() ──→ told ──→ facts
 *      └ overflow, or too many ──→ a walk over the whole directory ──┘
 *
 * A new directory is first watched and then read, so that whatever is made meanwhile is found by one or the other.
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
import type { UpperState } from './upper-state.ts';
import { parseUpper, showUpper } from '../storage/overlay2/upper.ts';

/** A write is often several calls, so those that come within this time are checked together. */
const SETTLE_MS = 20;
const REST_MS = 60;
/**
 * Files are checked again, because inotify misses some writes: before Linux 6.6 those of overlayfs to the upper
 * directory's files (FMODE_NONOTIFY), and on all kernels those through mmap(2).
 */
const AGAIN_MS = 400;
const AGAIN = 100;
export const BOUNDS = {
  /** entries that a walk reports */ walk: 500,
  /** entries that are reported at all */ told: 2000,
  /** names that wait for a check */ dirty: 1000,
  /** watched directories */ watched: 1024,
  /** entries that a walk counts */ counted: 200_000,
  /** length of a path */ path: 1024,
} as const;
const LOOKS = 100;
const WALK_MS = 1000;
/** A walk takes at most a tenth of the time: the pause after it is this many times as long. */
const WALK_SHARE = 9;

const bytesOf = (key: string): Buffer => pathBytes(key).subarray(1);
/** Lets the event loop handle other events, because a long check must not block it. */
const breathe = () => new Promise((resolve) => setImmediate(resolve));

export class UpperWatch {
  readonly #wds = new Map<string, number>();
  readonly #dirs = new Map<number, string>();
  readonly #dirty = new Set<string>();
  /** names that were reported a moment ago and are checked again later */
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
    private readonly told: UpperState,
    private readonly tell: (facts: Fact[]) => void,
  ) {}

  /** Runs until the signal. It closes the stack at the end. */
  static async run(
    stack: Stack,
    mountPoints: ReadonlySet<string>,
    told: UpperState,
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

  /** Resolves when inotify has events, or when it is time to check again. */
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

  /** With too many names, entries that were reported before are still checked; a walk counts the others. */
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
   * The key is no longer a directory, or the directory has another name. A directory that was moved is watched under
   * its new name already, or will be.
   */
  async #unwatch(key: string): Promise<void> {
    for (const dir of [...this.#wds.keys()].filter((one) => one === key || one.startsWith(`${key}/`))) {
      const wd = this.#wds.get(dir)!;
      const still = this.#dirs.get(wd) === dir;
      this.#drop(dir);
      if (still) await this.inotify.forget(wd);
    }
  }

  /** Returns true when the directory was not watched before under this name. */
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
    // the set grows while it is read, so a tree that was made at once is reported at once
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

  /** Marks all names in a directory that was not watched until now. */
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

  /** Checks the whole directory, because more happened than inotify reported or than may be reported one by one. */
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

  /** A file may have grown, or got another owner or mode, while inotify did not report it; checks the newest files. */
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
