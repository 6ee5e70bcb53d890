/** Bytes that are no netlink message: lengths that do not fit, payloads that are too short. */
export class MalformedMessage extends Error {
  readonly code = 'EBADMSG';
  constructor(what: string) {
    super(`malformed netlink message: ${what}`);
    this.name = 'MalformedMessage';
  }
}
