/** Bytes, times and shares, as every picture writes them. */
export const amounts = {
  bytes: { B: 'B', KiB: 'KiB', MiB: 'MiB', GiB: 'GiB', TiB: 'TiB' },
  times: { ns: 'ns', µs: 'µs', ms: 'ms', s: 's' },
  cpus: (n: number) => `${n} CPU${n === 1 ? '' : 's'}`,
  bytesLong: (n: number) => `${n} bytes`,
  perSecond: (amount: string) => `${amount}/s`,
  yes: 'yes',
  no: 'no',
  none: 'none',
};
