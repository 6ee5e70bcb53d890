const count = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`;

export const compare = {
  amounts: {
    call: (n: number) => count(n, 'call'),
    fact: (n: number) => count(n, 'fact'),
    end: (n: number) => count(n, 'end'),
  },
  kinds: { call: 'call', fact: 'fact', end: 'end' },
  alike: (n: number) => `= ${count(n, 'step')} alike`,
  /** what the steps below are about, in order of rank */
  topics: {
    namespaces: 'Namespaces',
    root: 'Root and mounts',
    rights: 'Rights',
    limits: 'Limits',
    network: 'Network',
    rest: 'The rest',
  },
  onlyHere: { a: '◀ only here', b: 'only here ▶' },
  notHere: 'not in this run',
  differs: (amounts: string) => `differs: ${amounts}`,
  onlyIn: (name: string) => `only in ${name}`,
  columns: (a: string, b: string) => ['step', 'what', `A ${a}`, `B ${b}`],
  nothing: 'Nothing to compare yet.',
  summary: (of: number, both: number, a: number, b: number) =>
    `Of ${count(of, 'step')}, ${both} ${both === 1 ? 'differs' : 'differ'}, ${a} only in A, ${b} only in B.`,
  same: (of: number) => `All ${count(of, 'step')} came to the same in both.`,
};
