/** The trees, and the gauges below them. */
export const cgroups = {
  all: 'all controllers', marks: { frozen: 'frozen', joined: '● inside', empty: 'empty' }, states: { frozen: 'frozen', joined: 'the container is in it', empty: 'empty' }, made: 'made, still empty',
  through: 'one process, in all of them', noLimits: 'no limits were asked for: it is counted, and may use what the host has (try --memory 64m --pids-limit 100)',
  ended: 'no control group any more', notYet: 'no control group yet: create.cgroup makes it',
  limits: { memory: 'memory', memsw: 'memory and swap', swap: 'swap', pids: 'processes', cpu: 'processor time' },
  atMost: (limit: string) => `at most ${limit}`, of: (usage: string, limit: string) => `${usage} of ${limit}`, mostSoFar: (most: string) => `at most so far ${most}`, throttled: (share: string) => `made to wait in ${share} of the periods`, meets: 'at its limit: memory ran out',
  lastMinute: 'the last minute', ranOut: '✗ memory ran out', waits: (share: string) => `waits in ${share} of periods`, highest: (most: string) => `highest ${most}`,
  pressure: (of: 'machine' | 'container', cpu: number, memory: number, io: number) => `pressure over 10 s, ${of === 'machine' ? 'of the whole machine (v1 knows no other)' : 'of this group'}: cpu ${cpu} %, memory ${memory} %, io ${io} %`,
  noPressure: 'this kernel gives no pressure (PSI): it was built without it, or started without psi=1',
  outOfMemory: (after: string, kills: number) => `✗ memory ran out ${after} s after the start: ${kills ? `the OOM killer has come ${kills === 1 ? 'once' : `${kills} times`}` : 'all stand still, since the OOM killer is disabled'}`,
  devices: (n: number, rules: string) => `devices: all denied, but for ${n} rules: ${rules}`, devicesLabel: (n: number) => `devices: all denied but ${n} rules`,
  rows: { memory: 'memory', out: 'out of memory', event: (seq: number) => `event ${seq}`, pressure: 'pressure', now: 'now', limit: 'limit', written: 'written' },
  columns: ['controller', 'group or file', 'state', 'value'],
  removed: 'The control group was removed with the end.', none: 'No control group yet.', summaryLimits: (limits: string) => `Limits: ${limits}.`, counted: 'Counted, but without a limit.',
  frozenNow: 'Frozen: nothing in it runs.', countedNow: 'What is used is counted now.', liveOnly: 'How much is used is known live only.',
};
