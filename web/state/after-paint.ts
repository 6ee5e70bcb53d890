/** When the browser has drawn what has just been changed. */

/** A page that nobody sees draws nothing. */
const UNSEEN_MS = 250;

/** Calls back once, after the next frame: a message that is sent within one comes when it has been painted. */
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
