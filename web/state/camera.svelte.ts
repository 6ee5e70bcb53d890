/**
 * How large the map is drawn, and how near it is to one container. Panning is scrolling, which the browser does by
 * itself; here the scale changes. `near` goes on where the scale ends: 0 is the map, 1 the cutaway of one container, 2
 * one of its calls; between them one turns into the other.
 */
export const LEAST = 1;
const MOST = 8;
const STEP = 1.25;
/** by how much one magnifies on the way from one of the three to the next */
const DEPTH = 3;
const MOVE_MS = 320;
/** after this time without a turn of the wheel, the camera goes on to the next of the three in the same direction */
const SETTLE_MS = 180;
/** a smaller movement is taken back */
const LITTLE = 0.1;

export class Camera {
  scale = $state(LEAST);
  near = $state(0);
  /** a wheel or fingers move it */
  moving = $state(false);
  /** changes the scale around the middle of what is seen; set by the frame of the map */
  ask: (factor: number) => void = () => undefined;
  /** called when the camera has come to rest at 0, 1 or 2 */
  settled: (near: 0 | 1 | 2) => void = () => undefined;
  /** where the turn of the wheel or the pinch began that moves it now */
  #began: number | undefined;
  #frame = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Returns by how much it has changed. */
  zoom(factor: number): number {
    const before = this.scale;
    const wanted = Math.min(MOST, Math.max(LEAST, before * factor));
    // 1.0000001 is 1, or nothing would ever say that the whole map is seen
    this.scale = Math.abs(wanted - LEAST) < 0.01 ? LEAST : Math.round(wanted * 1000) / 1000;
    return this.scale / before;
  }
  get most(): boolean {
    return this.scale >= MOST;
  }

  /**
   * Goes nearer or away by a turn of the wheel or a pinch, and comes to rest soon after. One movement of the hand goes
   * from one of the three to the next and no further, because a wheel turns on after it was let go.
   */
  approach(factor: number): void {
    this.#stop();
    this.#began ??= Math.round(this.near);
    this.moving = true;
    const [least, most] = [Math.max(0, this.#began - 1), Math.min(2, this.#began + 1)];
    this.near = Math.min(most, Math.max(least, this.near + Math.log(factor) / Math.log(DEPTH)));
    const to = factor > 1 ? Math.ceil(this.near - LITTLE) : Math.floor(this.near + LITTLE);
    this.#timer = setTimeout(() => this.goTo(to as 0 | 1 | 2), SETTLE_MS);
  }
  /** Moves to one of the three, at once where less motion is wanted. */
  goTo(to: 0 | 1 | 2): void {
    this.#stop();
    const [from, began] = [this.near, performance.now()];
    const length = MOVE_MS * Math.min(1, Math.abs(to - from));
    const step = (now: number) => {
      const share = length ? Math.min(1, Math.max(0, now - began) / length) : 1;
      // ease out
      this.near = from + (to - from) * (1 - (1 - share) ** 3);
      if (share < 1) this.#frame = requestAnimationFrame(step);
      else this.#rest(to);
    };
    if (matchMedia('(prefers-reduced-motion: reduce)').matches || !length) return this.#rest(to);
    this.moving = true;
    this.#frame = requestAnimationFrame(step);
  }
  /** Stands there at once, as an opened address wants it. */
  jump(to: 0 | 1 | 2): void {
    this.#stop();
    this.near = to;
    this.moving = false;
    this.#began = undefined;
  }
  #rest(to: 0 | 1 | 2): void {
    this.jump(to);
    this.settled(to);
  }
  #stop(): void {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
  }

  /** The factor of a turn of a wheel, or of a pinch on a touch pad. */
  static ofWheel = ({ deltaY, deltaMode }: WheelEvent): number =>
    Math.exp(-Math.max(-60, Math.min(60, deltaMode ? deltaY * 16 : deltaY)) / 200);
  /** The factor of a key; undefined for a key that does not zoom. */
  static ofKey = (key: string): number | undefined =>
    key === '+' || key === '=' ? STEP : key === '-' ? 1 / STEP : key === '0' ? 0 : undefined;
}
