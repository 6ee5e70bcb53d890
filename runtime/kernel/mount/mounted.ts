/** What is mounted at a path of the host: proc_pid_mountinfo(5). */
import { readFileSync } from 'node:fs';

/** The kernel writes these bytes of a path in octal. */
const escaped = (path: string): string =>
  path.replace(/[ \t\n\\]/g, (sign) => `\\${sign.charCodeAt(0).toString(8).padStart(3, '0')}`);

/** The mounts at this path, the topmost last: 'type source options'. */
export function mountsAt(path: string): string[] {
  const wanted = escaped(path);
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [own = '', of = ''] = line.split(' - ');
      const [type = '', source = '', options = ''] = of.split(' ');
      return own.split(' ')[4] === wanted ? [`${type} ${source} ${options}`] : [];
    });
}
