import * as assert from 'uvu/assert';
import { readFileSync, writeFileSync } from 'node:fs';
import { clients } from './daemon.ts';
import { site } from './site.ts';
import { table } from './table.ts';

const s = await site('flags of the process');
const file = (name: string, content: string) => {
  writeFileSync(`${s.daemon.root}/${name}`, content);
  return `${s.daemon.root}/${name}`;
};
const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64';

table(s, [
  {
    name: "both streams come apart, and the exit code is the container's",
    flags: [],
    script: 'echo out; echo err >&2; exit 7',
    out: 'out\n',
    err: 'err\n',
    code: 7,
  },
  {
    name: 'a signal that ends the process is 128 and its number',
    flags: [],
    script: "trap - TERM; kill -TERM $$; kill -KILL $$; (kill -9 $BASHPID); bash -c 'kill -SEGV $$'",
    code: 139,
  },
  { name: '-i gives stdin and its end', flags: ['-i'], command: ['cat'], input: 'one\ntwo\n', out: 'one\ntwo\n' },
  { name: 'without -i stdin is empty', flags: [], command: ['cat'], input: 'unseen\n', out: '' },
  {
    name: 'a hundred thousand lines arrive whole',
    flags: [],
    script: 'seq 100000 | sha256sum; seq 100000 >&2',
    out: /^[0-9a-f]{64}  -\n$/,
    err: /^1\n2\n[\s\S]*\n99999\n100000\n$/,
  },
  {
    name: '-e sets a variable, and passes on one of ours',
    flags: ['-e', 'A=b c', '-e', 'PASSED'],
    script: 'echo "$A,$PASSED"',
    env: { PASSED: 'on' },
    out: 'b c,on\n',
  },
  {
    name: '--env-file sets many, -e wins over it',
    flags: () => ['--env-file', file('env', '# a comment\nA=1\nB=two words\n'), '-e', 'A=3'],
    script: 'echo "$A,$B"',
    out: '3,two words\n',
  },
  {
    name: 'PATH, HOME and HOSTNAME are set without being asked for',
    flags: ['--hostname', 'me'],
    script: 'echo $PATH $HOME $HOSTNAME',
    out: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin /root me\n',
  },
  {
    name: '-w is the working directory, made if it is missing',
    flags: ['-w', '/srv/made/here'],
    script: 'pwd; stat -c %a .',
    out: '/srv/made/here\n755\n',
  },
  {
    name: '-u takes a name of the image',
    flags: ['-u', 'nobody'],
    script: 'id -un; id -u; id -g; echo $HOME',
    out: 'nobody\n65534\n65534\n/nonexistent\n',
  },
  {
    name: '-u takes numbers that no passwd knows',
    flags: ['-u', '1234:5678'],
    script: 'id -u; id -g; grep -E "^(Uid|Gid)" /proc/self/status',
    out: '1234\n5678\nUid:\t1234\t1234\t1234\t1234\nGid:\t5678\t5678\t5678\t5678\n',
  },
  {
    name: '--group-add adds groups by name and number',
    flags: ['-u', 'nobody', '--group-add', 'audio', '--group-add', '4711'],
    script: 'id -G',
    out: '65534 29 4711\n',
  },
  { name: '--entrypoint comes before the command', flags: ['--entrypoint', 'echo'], command: ['a', 'b'], out: 'a b\n' },
  {
    name: '--hostname is the name that uname tells, in /etc/hostname and /etc/hosts',
    flags: ['--hostname', 'dock.example'],
    script: 'uname -n; cat /etc/hostname; grep -c dock.example /etc/hosts',
    out: 'dock.example\ndock.example\n1\n',
  },
  {
    name: '--domainname is the one that the kernel tells',
    flags: ['--domainname', 'example.org'],
    script: 'cat /proc/sys/kernel/domainname',
    out: 'example.org\n',
  },
  {
    name: '--ulimit sets soft and hard limit',
    flags: ['--ulimit', 'nofile=64:128', '--ulimit', 'core=0'],
    script: 'ulimit -Sn; ulimit -Hn; grep "core file" /proc/self/limits | tr -s " "',
    out: '64\n128\nMax core file size 0 0 bytes \n',
  },
  {
    name: "--sysctl sets one of the container's network",
    flags: ['--sysctl', 'net.ipv4.ip_unprivileged_port_start=80', '--sysctl', 'kernel.msgmax=4096'],
    script: 'cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/msgmax',
    out: '80\n4096\n',
  },
  {
    name: '--init makes an init the first process, which reaps',
    flags: ['--init'],
    script: 'echo $$ $PPID; (sleep 0.01 & exec true); sleep 0.2; cat /proc/[0-9]*/stat | grep -c " Z "; true',
    out: /^\d+ 1\n0\n$/,
  },
  { name: 'without --init the command is process 1', flags: [], script: 'echo $$', out: '1\n' },
  {
    name: "--platform takes this machine's",
    flags: ['--platform', `linux/${process.arch === 'arm64' ? 'arm64' : 'amd64'}`],
    command: ['uname', '-m'],
    out: `${machine}\n`,
  },
  {
    name: '--oom-score-adj is what the kernel has',
    flags: ['--oom-score-adj', '321'],
    command: ['cat', '/proc/self/oom_score_adj'],
    out: '321\n',
  },
  {
    name: 'the exit code of a program that is not there is 127',
    flags: [],
    command: ['no-such-program'],
    code: 127,
    err: /exec: "no-such-program": executable file not found in \$PATH/,
  },
]);

s.test('--name and --label are what the API and the filters know', async () => {
  for (const client of clients) {
    const name = `labelled-${client}`;
    assert.is(
      (
        await s.daemon.client(client, [
          'run',
          '--name',
          name,
          '--label',
          `by=${client}`,
          '-l',
          'bare',
          'ubuntu',
          'true',
        ])
      ).code,
      0,
    );
    const found = await s.daemon.client(client, ['ps', '-a', '--filter', `label=by=${client}`]);
    assert.match(found.out, new RegExp(`^.*\\n.* ${name}\\n$`), found.err);
    const [{ Config }] = JSON.parse((await s.daemon.docker('inspect', name)).out) as [
      { Config: { Labels: Record<string, string> } },
    ];
    assert.equal(Config.Labels, { bare: '', by: client, made: 'for tests' });
    assert.is((await s.daemon.client(client, ['rm', name])).out, `${name}\n`);
  }
});

s.test('a platform that the image does not have is refused', async () => {
  for (const client of clients) {
    const { code, err } = await s.daemon.client(client, ['run', '--rm', '--platform', 'linux/s390x', 'ubuntu', 'true']);
    assert.is(code, 125, err);
    assert.match(err, /s390x/);
  }
});

s.test('--cidfile gets the id, and -d prints it', async () => {
  for (const client of clients) {
    const cidfile = `${s.daemon.root}/cid-${client}`;
    const { code, out, err } = await s.daemon.client(client, [
      'run',
      '-d',
      '--rm',
      '--cidfile',
      cidfile,
      'ubuntu',
      'sleep',
      '60',
    ]);
    assert.is(code, 0, err);
    assert.match(out, /^[0-9a-f]{64}\n$/);
    assert.is((await s.daemon.docker('inspect', '-f', '{{.Id}}', out.trim())).out, out);
    assert.is(readFileSync(cidfile, 'utf8'), out.trim());
    assert.is((await s.daemon.client(client, ['rm', '-f', out.trim()])).code, 0);
  }
});

s.test.run();
