/**
 * Two fingers on a touch screen. A browser would magnify the whole page; on the map they move its camera. Touch events
 * are used, because a browser ends pointer events as soon as it takes one finger for a scroll.
 */
import { on } from 'svelte/events';

type Pinched = (factor: number, x: number, y: number) => void;

/** Calls back with the factor of each movement, and the middle between the fingers in the window. */
export function pinch(node: HTMLElement, pinched: Pinched): { destroy(): void } {
  let apart = 0;
  const distance = ([a, b]: readonly [Touch, Touch]) => Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
  const fingers = ({ touches: [a, b, c] }: TouchEvent) => (a && b && !c ? ([a, b] as const) : undefined);
  const start = (event: TouchEvent) => {
    const both = fingers(event);
    apart = both ? distance(both) : 0;
    if (both && event.cancelable) event.preventDefault();
  };
  const move = (event: TouchEvent) => {
    const both = fingers(event);
    if (!both || !apart) return;
    if (event.cancelable) event.preventDefault();
    const now = Math.max(1, distance(both));
    const [a, b] = both;
    pinched(now / apart, (a.clientX + b.clientX) / 2, (a.clientY + b.clientY) / 2);
    apart = now;
  };
  const ends = [
    on(node, 'touchstart', start, { passive: false }),
    on(node, 'touchmove', move, { passive: false }),
    on(node, 'touchend', start, { passive: false }),
  ];
  return { destroy: () => ends.forEach((end) => end()) };
}
