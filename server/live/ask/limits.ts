/** Limits for one viewer, enforced by the daemon. */
export const LIMITS = {
  viewers: 32,
  /** of one session, so that other sessions have room */
  viewersOfOne: 24,
  /** connections that have not shown a session yet, of all peers and of one peer */
  unknown: 128,
  unknownOfOne: 64,
  /** bytes of one message */
  message: 64 * 1024,
  /** messages at once, and messages a second on average */
  burst: 400,
  rate: 200,
  /** asks that are waiting for their answer */
  waiting: 32,
  terminals: 8,
  /** bytes on the way to the viewer; beyond this the journal waits and output is left out */
  ahead: 1 << 20,
} as const;
