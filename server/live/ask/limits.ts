/** Bounds on one viewer, kept by the daemon. */
export const LIMITS = {
  viewers: 32,
  /** of one session: another's tabs have room too */
  viewersOfOne: 24,
  /** connections that have not shown a session, of all peers and of one */
  unknown: 128,
  unknownOfOne: 64,
  /** bytes of one message */
  message: 64 * 1024,
  /** messages: so many at once, so many a second in the long run */
  burst: 400,
  rate: 200,
  /** asks that wait for their answer */
  waiting: 32,
  terminals: 8,
  /** bytes on their way to the viewer: beyond this the journal waits, and output is left out */
  ahead: 1 << 20,
} as const;
