/** Texts of the network picture: lanes, their content, and packets. */
export const network = {
  lanes: {
    container: { title: 'container', words: 'its own network' },
    veth: { title: 'veth', words: 'the other end' },
    bridge: { title: 'bridge', words: 'a switch' },
    nft: { title: 'nf_tables', words: 'the rules of the host' },
    out: { title: 'host', words: 'the way out' },
  },
  notYet: 'not yet',
  plugs: 'network.create-veth plugs it in',
  loDown: 'lo is still down',
  outside: 'the way out',
  ruleCount: (packets: number, bytes: string) => `${packets} ${packets === 1 ? 'packet' : 'packets'}, ${bytes}`,
  uplink: "the default route's link",
  part: (title: string, state: 'up' | 'down' | 'ghost', lines: string) =>
    `${title}${{ up: ', up', down: ', down', ghost: ', not there yet' }[state]}: ${lines}`,
  hooks: { forward: 'forward: who may pass', postrouting: 'postrouting: new address' },
  noRules: 'no rules yet',
  rule: (chain: string, words: string) => `rule of ${chain}: ${words}`,
  became: (from: string, to: string) => `${from} became ${to}`,
  namespace: { own: 'network namespace', ended: 'no process, no namespace', host: 'no namespace of its own' },
  namespaceIs: (own: boolean) => `network namespace: ${own ? 'its own' : "the host's"}`,
  routes: 'routes',
  routesAre: (routes: string) => `routes: ${routes}`,
  modes: {
    early: 'The network phase has not begun.',
    ended:
      "The container has ended: its network went with its last process, the cable's other end too. Bridge and rules stay for the others.",
    none: 'No network: a namespace of its own, and no cable into it. Only its loopback.',
    host: "The host's network (--network host): no namespace of its own, so nothing to connect.",
    joined: "Another container's network: setns(2) entered it, so its interfaces and addresses are shared.",
  },
  connected: (end: string, address: string, veth: string, bridge: string) =>
    `${end} (${address}) is connected through ${veth} to ${bridge}.`,
  incomplete: 'The way out is not complete yet.',
  columns: ['part', 'where', 'name', 'what'],
  rows: { link: 'link', route: 'route', rule: 'rule', packet: 'packet', rewritten: 'rewritten' },
  sides: { host: 'host', container: 'container' },
  from: 'from the container',
  to: 'to the container',
  dropped: (n: number) => `${n} dropped`,
  counted: (
    rx: { packets: number; bytes: number; dropped: number },
    tx: { packets: number; bytes: number; dropped: number },
  ) =>
    `received ${rx.packets} packets, ${rx.bytes} bytes, ${rx.dropped} dropped; sent ${tx.packets} packets, ${tx.bytes} bytes, ${tx.dropped} dropped`,
  /** the description of a packet by runtime/watch/headers.ts */
  said: (words: string) => words,
  rewrite: (protocol: string, target: string, from: string, to: string) =>
    `${protocol} to ${target}: ${from} became ${to}, says conntrack`,
};
