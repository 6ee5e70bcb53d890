/** Plays a recording: the cursor goes on by itself, step by step, at a chosen speed. */
import { drawn } from './after-paint.ts';
import type { Playground } from './playground.svelte.ts';
import { seekFrom } from './seek.ts';

/** the time of one step at speed 1 */
const STEP_MS = 850;
export const speeds = [0.5, 1, 2, 4] as const;
export interface Chapter {
  seq: number;
  phase: string;
}

export class TapePlayer {
  playing = $state(false);
  speed = $state<number>(1);
  /** the phases of the recording, each at its first event */
  readonly chapters: readonly Chapter[] = $derived.by(() =>
    this.playground.events.flatMap((event): Chapter[] =>
      event.type === 'phase' && event.at === 'enter' && typeof event.run !== 'string'
        ? [{ seq: event.seq, phase: event.phase }]
        : [],
    ),
  );
  /** the number of the chapter at the cursor, or -1 before the first */
  readonly chapter = $derived.by(() => this.chapters.findLastIndex(({ seq }) => seq <= this.playground.shown));

  constructor(readonly playground: Playground) {}

  get #last(): number {
    return this.playground.events.length - 1;
  }

  /** From the end it begins again. */
  toggle(): void {
    this.playing = !this.playing;
    if (this.playing && this.playground.shown >= this.#last) this.playground.seek(0);
  }

  to(chapter: number): void {
    const at = this.chapters[chapter];
    if (at) this.playground.seek(at.seq);
  }

  /** Goes one step on after a while, once the picture has been drawn; returns a function that prevents it. */
  wait(): () => void {
    const { playground, playing, speed } = this;
    const from = playground.shown;
    if (!playing) return () => undefined;
    if (from >= this.#last) {
      this.playing = false;
      return () => undefined;
    }
    let timer: ReturnType<typeof setTimeout> | undefined;
    let ended = false;
    drawn(() => {
      if (!ended)
        timer = setTimeout(() => playground.seek(seekFrom(playground.events, from, 'step', 1)), STEP_MS / speed);
    });
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }
}
