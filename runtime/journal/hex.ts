/** Hexadecimal digits as text, one character a byte. Without Buffer, which browsers do not have. */
export const hexText = (hex: string): string =>
  (hex.match(/../g) ?? []).map((pair) => String.fromCharCode(Number.parseInt(pair, 16))).join('');
