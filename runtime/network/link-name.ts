/**
 * A name of a link that a user may choose: 1 to 15 printable ASCII characters (IFNAMSIZ, netdevice(7)). The kernel
 * refuses `/` and `:`, and replaces `%d` by a number.
 */
export const isLinkName = (text: string): boolean => /^(?!\.)[!-$&-.0-9;-~]{1,15}$/.test(text);
