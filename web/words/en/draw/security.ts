/** Texts of the security picture: capabilities and the other restrictions. */
export const security = {
  held: { kept: 'kept', going: 'for the moment', lost: 'given up', never: 'never had' },
  capability: (name: string, allows: string, held: string) => `${name}, ${allows}: ${held}`,
  noProcess: 'no process yet',
  power: "root's power, in parts",
  walls: 'other walls',
  legend: { birth: 'at birth', bounding: 'may be had (bounding)', effective: 'has now (effective)', gone: 'gone' },
  user: {
    title: 'user',
    is: (uid: string, gid: string) => `uid ${uid}, gid ${gid}${uid === '0' ? ' (what is left of root)' : ''}`,
    none: "still the daemon's: root",
  },
  seccomp: {
    title: 'system call filter',
    is: (through: string, instructions: number) => `${through} let through, ${instructions} instructions`,
    none: 'none: any system call',
  },
  noNewPrivileges: { title: 'no new privileges', is: 'set-uid files give nothing', none: 'not asked for' },
  refused: {
    title: 'refused system calls',
    is: (n: number, byArguments: string) => `${n} fail; by their arguments: ${byArguments || 'none'}`,
    none: 'none',
  },
  masked: { title: 'covered paths', is: (n: number) => `${n} cannot be read`, none: 'none yet' },
  readonly: { title: 'read-only paths', is: (n: number) => `${n} cannot be written`, none: 'none yet' },
  columns: ['right', 'allows', 'at birth', 'bounding', 'effective', 'so it is'],
  summary: (kept: number, of: number, { lost, going, never }: Record<'lost' | 'going' | 'never', number>) =>
    [
      lost || going
        ? `${kept} of the ${of} capabilities that the process was born with are kept, ${lost} are given up`
        : `The process still has all ${of} capabilities that it was born with`,
      ...(going ? [`held for the moment: ${going}`] : []),
      ...(never ? [`the daemon itself does not have: ${never}`] : []),
    ].join('; ') + '.',
  ended: 'The container has ended: there is no process that could do anything.',
  unborn: 'There is no process of the container yet.',
};
