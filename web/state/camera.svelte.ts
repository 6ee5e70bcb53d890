/** How large the map is drawn. Panning is scrolling, which the browser does by itself; here the scale changes. */
export const LEAST = 1;
const MOST = 8;
const STEP = 1.25;

export class Camera {
  scale = $state(LEAST);
  /** changes the scale around the middle of what is seen; set by the frame of the map */
  ask: (factor: number) => void = () => undefined;

  /** Returns by how much it has changed. */
  zoom(factor: number): number {
    const before = this.scale;
    const wanted = Math.min(MOST, Math.max(LEAST, before * factor));
    // 1.0000001 is 1, or nothing would ever say that the whole map is seen
    this.scale = Math.abs(wanted - LEAST) < 0.01 ? LEAST : Math.round(wanted * 1000) / 1000;
    return this.scale / before;
  }

  /** The factor of a turn of a wheel, or of a pinch on a touch pad. */
  static ofWheel = ({ deltaY, deltaMode }: WheelEvent): number =>
    Math.exp(-Math.max(-60, Math.min(60, deltaMode ? deltaY * 16 : deltaY)) / 200);
  /** The factor of a key; undefined for a key that does not zoom. */
  static ofKey = (key: string): number | undefined =>
    key === '+' || key === '=' ? STEP : key === '-' ? 1 / STEP : key === '0' ? 0 : undefined;
}
