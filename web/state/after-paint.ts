/** Runs a callback after the browser has painted the last change. */

/** A hidden page paints nothing, so the callback runs after this time. */
const UNSEEN_MS = 250;

/**
 * Calls `then` once, after the next frame. A message posted inside requestAnimationFrame is delivered after that frame
 * was painted.
 */
export function drawn(then: () => void): void {
  let over = false;
  const once = () => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    then();
  };
  const timer = setTimeout(once, UNSEEN_MS);
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = once;
    port2.postMessage(0);
  });
}
