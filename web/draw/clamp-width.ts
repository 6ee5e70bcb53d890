/**
 * The width in pixels at which a picture is drawn: the available width, but at least `least`, so that labels do not
 * overlap (the picture is then scaled down), and at most `most`, so that related parts stay close together.
 */
export const clampWidth = (width: number, least: number, most: number): number =>
  Math.round(Math.min(most, Math.max(least, width)));
/** The default width, in pixels. */
export const USUAL = 780;
