/**
 * How wide a picture is drawn: as wide as its place, but not so narrow that its words meet (then it is scaled), nor so
 * wide that its parts do not belong together any more.
 */
export const room = (width: number, least: number, most: number): number =>
  Math.round(Math.min(most, Math.max(least, width)));
/** What a picture is drawn for that is not told. */
export const USUAL = 780;
