/** Texts of the picture of volumes and binds beside the layers of a container. */
export const tanks = {
  title: 'What is kept outside the layers?',
  tower: 'its layers',
  towerGone: 'rm takes them',
  merged: 'merged',
  upper: 'upper',
  lower: (n: number) => `lower ${n}`,
  moreLowers: (n: number) => `… ${n} more`,
  volume: (name: string) => `volume ${name}`,
  bind: (source: string) => `bind of ${source}`,
  stays: 'it stays after rm',
  ofHost: 'of the host',
  readOnly: 'read-only',
  readWrite: 'read-write',
  coversNone: 'covers nothing of the image',
  covers: (n: number, names: string) => `covers ${n} ${n === 1 ? 'name' : 'names'}: ${names}`,
  coversUnknown: 'what it covers is known live only',
  label: (target: string, what: string, rights: string, covered: string) =>
    `${what} is mounted at ${target}, ${rights}; ${covered}`,
  summary: (volumes: number, binds: number) =>
    `${volumes} volume${volumes === 1 ? '' : 's'} and ${binds} bind${binds === 1 ? '' : 's'}. What is written below a mount point goes through the pipe and not into upper; what the layers have there cannot be seen.`,
  columns: ['mounted at', 'what', 'rights', 'covered'],
};
