/** Bounds on one viewer, kept by the daemon. */
export const LIMITS = {
  viewers: 32,
  /** bytes of one message */
  message: 64 * 1024,
  /** messages: so many at once, so many a second in the long run */
  burst: 400, rate: 200,
  /** asks that wait for their answer */
  waiting: 32,
  terminals: 8,
  /** bytes on their way to the viewer: beyond this the journal waits, and output is left out */
  ahead: 1 << 20,
} as const;
