/**
 * --leave-out: parts of a container that are left out on purpose. The daemon knows which there are (`--leave-out
 * list`).
 */
import type { Body, Flag } from './flag.ts';

function note({ HostConfig }: Body, name: string, value: string): void {
  HostConfig.Annotations = { ...HostConfig.Annotations, [name]: value };
}

function leaveOut(body: Body, value: string): void {
  if (!/^[a-z-]+(,[a-z-]+)*$/.test(value)) throw new Error('give a name of `--leave-out list`');
  const before = body.HostConfig.Annotations?.['drydock.leave-out'];
  note(body, 'drydock.leave-out', before ? `${before},${value}` : value);
}

export const breakingFlags: readonly Flag[] = [
  {
    flags: '--leave-out <what>',
    help: 'UNSAFE: leave a part out to see what it is for, on practice images; `list` lists them',
    many: true,
    set: leaveOut,
  },
  { flags: '--unsafe', help: 'allow --leave-out on any image', set: (b) => note(b, 'drydock.unsafe', 'true') },
];
