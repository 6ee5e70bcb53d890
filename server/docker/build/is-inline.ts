/** The value of the ARG with which clients ask for `--cache-to type=inline` too. */
export const isInline = (value: string | undefined): boolean => /^(1|true)$/i.test(value ?? '');
