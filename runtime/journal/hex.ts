/** Bytes that were kept as hex digits, one character a byte. Without Buffer, which a browser does not have. */
export const hexText = (hex: string): string =>
  (hex.match(/../g) ?? []).map((pair) => String.fromCharCode(Number.parseInt(pair, 16))).join('');
