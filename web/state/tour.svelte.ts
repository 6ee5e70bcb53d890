/** The tour: a real run, held before each step, that goes on by itself after a while as long as it is not touched. */
import type { Playground } from './playground.svelte.ts';
import { chapterOf, paceOf, pictureOf, type Chapter } from './chapters.ts';

const LINE = 'run -it --memory 64m ubuntu /bin/bash';

export class Tour {
  /** the container that is shown; '' when there is no tour */
  id = $state('');
  playing = $state(false);
  readonly on = $derived.by(() => this.id !== '' && this.id === this.playground.id);
  /** the step that the run is held before, or the one at the cursor */
  readonly step = $derived.by(() => {
    const { live, held, event, frame } = this.playground;
    return (live ? held?.step : undefined) ?? event?.step ?? frame.step;
  });
  #last: Chapter = 'image';
  readonly chapter: Chapter = $derived.by(() => {
    const { live, held, row } = this.playground;
    if (live && !held && row?.status === 'running') return 'runs';
    if (live && !held && (row?.status === 'exited' || row?.status === 'dead')) return 'ended';
    return (this.#last = chapterOf(this.step ?? '') ?? this.#last);
  });
  /** the chapter whose text has been on the screen long enough */
  #read: Chapter | undefined;

  constructor(readonly playground: Playground) {}

  /** Starts the run. False when the daemon refused; the reason is shown. */
  async begin(): Promise<boolean> {
    const { playground } = this;
    playground.mode = 'step';
    this.#read = undefined;
    this.#last = 'image';
    if (!(await playground.run(LINE))) return false;
    this.id = playground.id;
    this.playing = true;
    return true;
  }

  /** Goes on after a while; returns a function that prevents it. `text`: the words of the chapter. */
  wait(text: string): () => void {
    const { playground, chapter, playing } = this;
    if (!this.on || !playing || !playground.live || !playground.held) return () => undefined;
    const timer = setTimeout(
      () => {
        this.#read = chapter;
        void playground.gate({ command: 'next' });
      },
      paceOf(this.#read === chapter ? undefined : text),
    );
    return () => clearTimeout(timer);
  }

  /** Shows the picture of the chapter. */
  follow(): void {
    if (this.on) this.playground.tab = pictureOf(this.chapter);
  }

  toggle(): void {
    this.playing = !this.playing;
    if (this.playing && !this.playground.live) this.playground.seek(undefined);
  }
  /** One step by hand. */
  next(): void {
    this.playing = false;
    this.playground.forward('step');
  }
  /** Leaves the run where it is, with all controls. */
  leave(): void {
    this.id = '';
    this.playing = false;
  }
  /** Takes back what was done, removes the container, and shows the map. */
  async end(): Promise<void> {
    const { playground } = this;
    this.leave();
    if (!playground.live) playground.seek(undefined);
    if (playground.held) await playground.gate({ command: 'abort' });
    await playground.act('remove');
    if (!playground.message) playground.toMap();
  }
}
