/** Texts of the palette: search and commands in one field. */
export const palette = {
  button: 'search',
  title: 'Search and commands',
  field: 'run ubuntu, a container, a lesson, a picture …',
  results: 'results',
  run: (line: string) => `run in a container: ${line}`,
  pull: (line: string) => `pull the image: ${line}`,
  notHere: (verb: string) => `drydock ${verb} is a command for a terminal; here run and pull are taken`,
  kinds: { command: 'command', container: 'container', lesson: 'lesson', picture: 'picture', page: 'page' },
  pages: { map: 'the map of the machine', lessons: 'all lessons', keys: 'help: keys' },
  none: 'Nothing is called so. Begin with run to start a container.',
  found: (n: number) => `${n} ${n === 1 ? 'result' : 'results'}`,
};
