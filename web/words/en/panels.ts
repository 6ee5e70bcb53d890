/** What stands around the pictures: their names and questions, and what can be asked or changed below them. */
export const panels = {
  names: { Machine: 'Machine', Namespaces: 'Namespaces', Overlay: 'Overlay', Cgroups: 'Cgroups', Network: 'Network', Security: 'Security', Timeline: 'Timeline', Compare: 'Compare' },
  questions: {
    Machine: 'Where are we, where could it go?', Namespaces: 'What is shared with the host, what is its own?', Overlay: 'Which layer does a file come from?', Cgroups: 'How much may it use, how much does it?',
    Network: 'How does a packet get out?', Security: 'What may it still do?', Timeline: 'What was done, by whom, how long did it take?', Compare: 'What is different between the two?',
  },
  asTable: 'as table',
  timeline: {
    legend: 'height: how long, from 1 µs to 50 ms · ⌇ time left out', save: 'save for Perfetto', inStep: (title: string) => `in “${title}”`, askedAt: 'asked for at', now: (fact: string) => `now ${fact}`,
  },
  limits: {
    name: 'Limits', legend: 'Change a limit while it runs', memory: 'memory', unit: 'unit of memory', cpus: 'CPUs', processes: 'processes', apply: 'apply',
    below: {
      1: 'Below what is held and cannot be given back, the kernel answers EBUSY, and the limit stays (memory.limit_in_bytes).',
      2: 'Below what is held, the kernel takes the limit and sends the OOM killer until it fits (memory.max).',
    },
    past: 'This is the past: the kernel cannot go back, so nothing can be changed here.', lost: 'There is no connection to the daemon.', notRunning: 'Limits are changed while the container runs.',
    notAsked: (why: string) => `Refused before the kernel was asked: ${why}`, refused: (errno: string) => `✗ The kernel refused: ${errno}.`, busy: 'More is held than that, and it could not be taken back.', taken: '✓ The kernel took it. Its files say now:',
  },
  packets: {
    name: 'Packets', past: 'This is the past: packets are seen, and counters known, live only.', none: 'None yet since this picture was opened.', seen: (n: number) => `${n} since this picture was opened.`,
    missing: 'There were more than can be shown: some were left out here, none was held up.', download: (n: number) => `download ${n} as pcap`, out: 'out', in: 'in',
    legend: '● TCP, ▲ UDP, ◆ ICMP, ■ ARP; upper row out, lower row in; above twenty a second one for many, with their number. Heard by an AF_PACKET socket on the host\'s end of the cable, while this picture is open; of each packet the first 256 bytes are kept.',
  },
  overlay: {
    past: (had: string) => `${had ? `upper had it: ${had}. ` : 'In upper there was nothing of it. '}In the PAST the layers cannot be asked; go back to LIVE for every layer's version of it.`,
    browse: 'Look a file up in the merged tree', browsePast: 'In the PAST the layers cannot be asked: they are as they are now.', path: 'path', lookUp: 'look up', up: 'up', namesIn: (folder: string) => `names in ${folder}`,
    deleted: (layer: string) => `deleted; ${layer} has it`, over: (layer: string, others: number, other: string) => `${layer}${others ? `, over ${others === 1 ? other : `${others} more`}` : ''}`, andMore: (n: number) => `… and ${n} more`,
    lineage: (path: string) => `lineage of ${path}`, leadsTo: (path: string) => `, which leads to ${path},`, through: 'through all layers, from the top', columns: ['layer', 'lookup', 'what', 'mode and owner', 'sha256', 'xattrs'],
    parts: { absent: '○ has nothing', hit: '● the lookup stops here', merged: '● merged into it', hidden: '◌ hidden from above', whiteout: '✕ whiteout: the lookup ends, nothing is found' }, foundDirectory: '● found; directories below are merged into it',
    linkTo: (target: string) => ` to ${target}`, opaque: ', opaque',
    bytesNoText: 'bytes that are no text', noText: 'no text', both: (one: string, other: string, what: string) => `${one} and ${other} hold ${what}`, same: (one: string, other: string) => `the text in ${one} is that of ${other}`,
    changed: (one: string, other: string) => `what ${one} changed in the text of ${other}`, only: (what: string | undefined, layer: string, unseen: boolean) => `${what ?? 'the text'} in ${layer}${unseen ? ', which nobody sees any more' : ''}`,
    cut: ' (only the first 64 KiB)', moreLines: (n: number) => `… ${n} more lines`, incomparable: 'The two have too little in common to be compared line by line.',
  },
};
export type PanelWords = typeof panels;
