/** The bytes are no netlink message: a length does not fit, or a payload is too short. */
export class MalformedMessage extends Error {
  readonly code = 'EBADMSG';
  constructor(what: string) {
    super(`malformed netlink message: ${what}`);
    this.name = 'MalformedMessage';
  }
}
