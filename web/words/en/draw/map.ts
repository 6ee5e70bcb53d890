/** Texts of the map: everything that Drydock has on this machine. */
export const map = {
  title: 'Everything on this machine',
  places: {
    images: 'Images',
    operations: 'Operations',
    containers: 'Containers, each at its network',
    volumes: 'Volumes',
  },
  none: {
    images: 'None yet. The first run fetches one.',
    operations: 'None yet.',
    volumes: 'None yet.',
    containers: 'no container',
  },
  outside: 'outside',
  notOutside: 'no way out',
  hostNetwork: "the host's own network",
  noNetwork: 'loopback only',
  unnamed: 'without a name',
  layers: (n: number) => `${n} ${n === 1 ? 'layer' : 'layers'}`,
  usedBy: (n: number) => (n ? `${n} ${n === 1 ? 'container' : 'containers'}` : 'not used'),
  also: (names: string) => `also on ${names}`,
  hidden: (n: number) => `and ${n} more`,
  memoryOf: (used: string, limit: string) => `${used} of ${limit}`,
  exited: (code: number) => `exited ${code}`,
  outOfMemory: 'out of memory',
  image: (name: string, size: string, layers: string, used: string) => `Image ${name}: ${size}, ${layers}, ${used}`,
  network: (name: string, driver: string, subnet: string, used: string) =>
    `Network ${name}: ${[driver, subnet, used].filter(Boolean).join(', ')}`,
  volume: (name: string, used: string) => `Volume ${name}: ${used}`,
  container: (name: string, image: string, state: string, memory: string) =>
    `Container ${name}: ${[image, state, memory].filter(Boolean).join(', ')}; opens it`,
  operation: (kind: string, name: string, state: string) => `Operation ${kind} ${name}: ${state}; opens it`,
  columns: ['name', 'what', 'state', 'memory', 'belongs to'],
  kinds: { image: 'image', container: 'container', network: 'network', volume: 'volume', operation: 'operation' },
  summary: (running: number, all: number, images: number) =>
    `${running} of ${all} ${all === 1 ? 'container runs' : 'containers run'}; ${images} ${images === 1 ? 'image' : 'images'}.`,
};
