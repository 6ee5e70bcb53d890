/** What a process of a bundle sees of itself is what it sees under runc. */
import { execFileSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import { byRunc, createFrom, makeBundle, ranToEnd, type Config } from './bundle.ts';
import { site } from './site.ts';

const s = await site('bundles beside runc', { images: [] });
const d = () => s.daemon;

/** What a process can see of itself, one line each. */
const SELF = [
  'id -u; id -g; id -G; pwd; hostname; env | grep -v ^SHLVL | grep -v ^_= | grep -v ^PWD; ulimit -n; ulimit -Hn; echo $$',
  'grep -E "^(Cap|NoNewPrivs|Seccomp:|Groups)" /proc/self/status',
  // mount point, options of the mount, type; without what the two roots cannot share
  'while read -r a b c d e f g; do echo "$e $f ${g#*- }"; done < /proc/self/mountinfo | grep -v \'^/ \'',
  'ls /dev; stat -c "%F %t:%T" /proc/keys',
  'umask; cat /proc/self/oom_score_adj; ls /proc/self/fd | wc -w',
].join('; ');

/**
 * Mounts whose flags each runtime chooses itself: what covers a masked path, and the hierarchies of cgroup version 1.
 * Compared are their place and type.
 */
const OWN_FLAGS = /^((?:\/proc\/(?!bus|fs|irq|sys)|\/sys\/)\S+) \S+ (\S+) .*/;

for (const [what, change] of [
  ['as runc spec writes it', () => undefined],
  [
    'with a user, limits, a directory and no rights',
    ({ process }: Config) => {
      process.user = { uid: 1000, gid: 1000, additionalGids: [5, 7] };
      process.cwd = '/home';
      process.rlimits = [{ type: 'RLIMIT_NOFILE', soft: 100, hard: 200 }];
      process.capabilities = { bounding: [], effective: [], permitted: [], inheritable: [], ambient: [] };
    },
  ],
  [
    'with capabilities that a user keeps',
    ({ process }: Config) => {
      process.user = { uid: 1000, gid: 1000, umask: 0o27 };
      for (const set of ['bounding', 'effective', 'permitted', 'inheritable', 'ambient'] as const)
        process.capabilities[set] = ['CAP_NET_BIND_SERVICE', 'CAP_KILL'];
      process.noNewPrivileges = false;
    },
  ],
] as [string, (config: Config) => void][]) {
  s.test(['runc'], `a process sees of itself what it sees under runc: ${what}`, async () => {
    const bundle = makeBundle((config) => {
      change(config);
      config.process.args = ['sh', '-c', SELF];
      config.process.env.push('GIVEN=1');
    }, byRunc());
    const peer = execFileSync('runc', ['run', `ddtest-${process.pid}`], { cwd: bundle, encoding: 'utf8' });
    const id = await createFrom(d(), bundle);
    const { out } = await ranToEnd(d(), id);
    const lines = (text: string) =>
      text
        .trim()
        .split('\n')
        .map((line) => line.trim().replace(OWN_FLAGS, '$1 $2'))
        // runc makes it only where the host shows /proc/kcore
        .filter((line) => line !== 'core')
        .sort();
    assert.equal(lines(out), lines(peer));
    assert.ok(lines(out).length > 40, out);
    await d().ok('rm', id);
  });
}

s.test.run();
