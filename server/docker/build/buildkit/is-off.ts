/** The value of an attribute that turns something off. */
export const isOff = (value: string): boolean => /^(false|0|f|)$/i.test(value);
