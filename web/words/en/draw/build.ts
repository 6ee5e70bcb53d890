/** Texts of the picture of a build: the Dockerfile, the inputs of each key, and the layers. */
export const build = {
  none: 'The Dockerfile was not read yet.',
  summary: (stages: number, instructions: number, hits: number, made: string) =>
    `${instructions} instruction${instructions === 1 ? '' : 's'} in ${stages} stage${stages === 1 ? '' : 's'}; ${hits} from the cache, ${made} in new layers.`,
  standsAt: (number: string, text: string) => `It is at ${number}: ${text}.`,
  failedAt: (number: string, text: string) => `It failed at ${number}: ${text}.`,
  heads: { file: 'Dockerfile', key: 'inputs of the key', layer: 'layer' },
  scale: 'width of a layer: square root of its bytes; hatched: from the cache',
  stage: (index: number, name: string | undefined, base: string) =>
    `stage ${index}${name ? ` ${name}` : ''} on ${base || 'scratch'}`,
  globals: 'before the first stage',
  parent: 'image below',
  nothing: 'nothing',
  command: 'command',
  commandWith: (args: string) => `command, ${args}`,
  files: (value: string) => `files: ${value}`,
  base: 'base image',
  broken: 'from here on everything is made anew',
  cache: {
    hit: 'from the cache',
    miss: 'not in the cache',
    below: 'anew, because what is below is new',
    off: 'anew, because of --no-cache',
  },
  states: {
    waiting: 'not yet',
    unneeded: 'not needed',
    now: 'now',
    held: 'stands before',
    done: 'done',
    failed: 'failed',
  },
  at: (state: string, step: string) => `${state}: ${step}`,
  noLayer: 'no layer',
  ofBase: 'of the base',
  outside: 'not in the image:',
  mounts: { cache: 'cache', secret: 'secret', ssh: 'ssh agent', tmpfs: 'tmpfs', bind: 'bind' } as Readonly<
    Record<string, string>
  >,
  openContainer: (id: string) => `container ${id}`,
  openLabel: (number: string) => `Open the container of instruction ${number}`,
  copyFrom: (number: string, stage: string) => `${number} takes files from stage ${stage}`,
  moreReasons: (n: number) => `… ${n} more`,
  moreInstructions: (n: number) => `… ${n} more instructions`,
  columns: ['number', 'instruction', 'state', 'cache', 'layer', 'what differs'],
};
