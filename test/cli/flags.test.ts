import * as assert from 'uvu/assert';
import { Command } from 'commander';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rewrite } from '../../runtime/cli/flags/arguments.ts';
import { messageOf } from '../../runtime/cli/failure/failure.ts';
import { containerBody, declareContainer, type ContainerOptions } from '../../runtime/cli/flags/container.ts';
import type { Body } from '../../runtime/cli/flags/flag.ts';
import { untilImage, verb } from '../../runtime/cli/flags/verb.ts';
import { suite } from '../harness.ts';
import { meant, recorder, type Recorder } from './recorder.ts';

/** The request of `drydock create ARGS`. */
function ours(args: readonly string[]): { body: Body; options: ContainerOptions } {
  let body: Body | undefined;
  const command = declareContainer(untilImage(verb('create', '')))
    .argument('<image>')
    .argument('[command...]')
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .action(
      (image: string, words: string[], _: object, self: Command) =>
        void (body = containerBody(self, image, words, false)),
    );
  new Command()
    .enablePositionalOptions()
    .addCommand(command)
    .parse(['create', ...rewrite(command, args, true)], { from: 'user' });
  return { body: body!, options: command.opts<ContainerOptions>() };
}
const words = (line: string) => line.split(' ');

const test = suite('cli flags');
let docker: Recorder;
let dir: string;
test.before(async () => {
  docker = await recorder();
  dir = mkdtempSync(join(tmpdir(), 'drydock-flags-'));
  writeFileSync(join(dir, 'env'), '# comment\nA=1\n  B=two words\nHOME\nNOT_SET_ANYWHERE\n');
  writeFileSync(join(dir, 'labels'), 'x=y\n# no\nalone\n');
  writeFileSync(join(dir, 'profile.json'), '{ "defaultAction":\n "SCMP_ACT_ALLOW" }');
  chmodSync(dir, 0o755);
});
test.after(() => {
  docker.close();
  rmSync(dir, { recursive: true });
});

const same: Record<string, string[]> = {
  'process flags': [
    'ubuntu',
    'ubuntu ls -l --color',
    '-it ubuntu',
    '-i ubuntu',
    '-t ubuntu sh -c x',
    '-ti --rm ubuntu',
    '--rm=true -i=false ubuntu',
    '--interactive --tty=false ubuntu',
    '-a stdout ubuntu',
    '-a stdin -a stderr -i ubuntu',
    '-a STDIN ubuntu',
    '--hostname h --domainname d ubuntu',
    '-h h ubuntu -h',
    '-e A=1 -e B= -e HOME -e NOT_SET_ANYWHERE ubuntu',
    '-e=A=1 ubuntu',
    '-eA=1 ubuntu',
    '-ite A=1 ubuntu',
    '--env-file DIR/env -e C=3 ubuntu',
    '-w /tmp -u 1000:1000 ubuntu',
    '-u nobody --group-add audio --group-add 7 ubuntu',
    '--entrypoint /bin/sh ubuntu -c x',
    '--entrypoint= ubuntu',
    '-l a=b -l c -l d=e=f ubuntu',
    '--label-file DIR/labels -l x=z ubuntu',
    '--annotation a=b ubuntu',
    '--init ubuntu',
    '--init=false ubuntu',
    '--restart always ubuntu',
    '--restart on-failure:3 ubuntu',
    '--restart on-failure ubuntu',
    '--restart unless-stopped ubuntu',
    '--restart no --rm ubuntu',
    '--stop-signal INT --stop-timeout 3 ubuntu',
    '--oom-score-adj -500 ubuntu',
    '--health-cmd true ubuntu',
    '--health-cmd true --health-interval 1m30s --health-timeout 1.5s --health-retries 3 ubuntu',
    '--health-start-period 500ms --health-start-interval 1h ubuntu',
    '--no-healthcheck ubuntu',
    '--name n ubuntu -- x',
    '-- ubuntu ls',
    '--cidfile DIR/cid ubuntu',
  ],
  'file flags': [
    '-v /a:/b ubuntu',
    '-v /a:/b:ro,z -v ./rel:/c ubuntu',
    '-v /anonymous ubuntu',
    '-v named:/b ubuntu',
    '--volume=/a:/b ubuntu',
    '--tmpfs /run --tmpfs /t:size=1m,noexec ubuntu',
    '--read-only ubuntu',
    '--mount type=bind,source=/a,target=/b,readonly ubuntu',
    '--mount type=bind,src=/a,dst=/b,ro=false,bind-propagation=rslave ubuntu',
    '--mount type=tmpfs,destination=/t,tmpfs-size=1m,tmpfs-mode=1770 ubuntu',
    '--mount type=bind,"source=/with,comma",target=/b ubuntu',
    '--device /dev/null ubuntu',
    '--device /dev/null:/dev/x:r ubuntu',
    '--device /dev/null:rw ubuntu',
    '--device /dev/null:/dev/y ubuntu',
    '--device-cgroup-rule ubuntu ubuntu',
    '--shm-size 1g ubuntu',
    '--shm-size 1.5m ubuntu',
  ],
  'network flags': [
    '--network none ubuntu',
    '--net host ubuntu',
    '--network container:abc ubuntu',
    '--network bridge --ip 172.30.0.9 ubuntu',
    '--ip 172.30.0.9 ubuntu',
    '--mac-address 02:42:ac:11:00:02 ubuntu',
    '--mac-address 02:42:ac:11:00:02 --network bridge ubuntu',
    '--dns 1.1.1.1 --dns 8.8.8.8 --dns-search a.b --dns-option ndots:2 ubuntu',
    '--add-host a:1.2.3.4 --add-host b=::1 --add-host c:host-gateway --add-host d=[::2] ubuntu',
  ],
  limits: [
    '-m 64m ubuntu',
    '-m=64m ubuntu',
    '--memory 1GiB --memory-swap 2gb ubuntu',
    '--memory-swap -1 -m 128M ubuntu',
    '--memory-reservation 32768k ubuntu',
    '--memory-swappiness 0 ubuntu',
    '--memory-swappiness 60 ubuntu',
    '--oom-kill-disable ubuntu',
    '--cpus 1.5 ubuntu',
    '--cpus .25 ubuntu',
    '--cpus 0.1 ubuntu',
    '-c 512 ubuntu',
    '--cpu-shares 512 --cpu-period 50000 --cpu-quota 25000 ubuntu',
    '--cpuset-cpus 0-1,3 --cpuset-mems 0 ubuntu',
    '--pids-limit 100 ubuntu',
    '--pids-limit -1 ubuntu',
    '--blkio-weight 300 ubuntu',
    '--device-read-bps /dev/sda:1mb --device-write-bps /dev/sda:2m ubuntu',
    '--device-read-iops /dev/sda:100 --device-write-iops /dev/sdb:5 ubuntu',
    '--ulimit nofile=1024:2048 --ulimit core=0 --ulimit nproc=5 ubuntu',
    '--ulimit nofile=1 --ulimit nofile=2:3 ubuntu',
    '--ulimit memlock=-1 ubuntu',
    '--cgroup-parent /x ubuntu',
  ],
  isolation: [
    '--cap-add net_admin ubuntu',
    '--cap-drop all --cap-add CAP_SYS_ADMIN --cap-add chown ubuntu',
    '--cap-add ALL --cap-add chown --cap-drop mknod ubuntu',
    '--cap-drop mknod --cap-drop MKNOD --cap-add mknod ubuntu',
    '--privileged ubuntu',
    '--security-opt no-new-privileges ubuntu',
    '--security-opt no-new-privileges=true ubuntu',
    '--security-opt seccomp=unconfined ubuntu',
    '--security-opt seccomp=DIR/profile.json ubuntu',
    '--security-opt systempaths=unconfined ubuntu',
    '--security-opt apparmor=unconfined --security-opt label=disable ubuntu',
    '--sysctl net.ipv4.ip_forward=1 --sysctl kernel.msgmax=1 ubuntu',
    '--pid host --ipc host --uts host ubuntu',
    '--ipc shareable --pid container:x ubuntu',
    '--userns host ubuntu',
    '--cgroupns host ubuntu',
  ],
};
for (const [group, lines] of Object.entries(same)) {
  test(['docker'], `${group} ask for what the docker client asks for`, async () => {
    for (const line of lines) {
      // Nothing is printed by the recording client either, because it has no terminal.
      const args = words(line.replaceAll('DIR', dir).replace('--device-cgroup-rule ubuntu', '--device-cgroup-rule '))
        .map((word) => (word === '' ? 'c 1:3 rwm' : word))
        .filter((word) => word !== '');
      const theirs = await docker.docker('create', ...args);
      rmSync(join(dir, 'cid'), { force: true });
      assert.type(theirs, 'object', `docker refused ${line}: ${String(theirs)}`);
      if (typeof theirs === 'string') continue;
      assert.equal(meant(ours(args).body), meant(theirs.body), line);
    }
  });
}

const wrong: Record<string, RegExp> = {
  '-m 1x ubuntu': /"-m, --memory" flag: invalid suffix: 'x'/,
  '-m -5 ubuntu': /--memory/,
  '--cpus a ubuntu': /--cpus/,
  '--ulimit nofile=5:1 ubuntu': /soft limit 5 is above the hard limit 1/,
  '--ulimit bogus=1 ubuntu': /--ulimit/,
  '--add-host a ubuntu': /--add-host/,
  '--add-host a:b ubuntu': /--add-host/,
  '--mac-address zz ubuntu': /--mac-address/,
  '--dns x ubuntu': /--dns/,
  '--restart sometimes ubuntu': /--restart/,
  '--restart always:3 ubuntu': /--restart/,
  '--restart always --rm ubuntu': /both --restart and --rm/,
  '-a bogus ubuntu': /valid streams/,
  '--mount type=bind,bogus=1,target=/x ubuntu': /unexpected key 'bogus'/,
  '--mount type=bind,source=/x ubuntu': /target is required/,
  '--sysctl vm.swappiness=1 ubuntu': /not allowed/,
  '--security-opt seccomp=/does/not/exist ubuntu': /opening seccomp profile/,
  '--env-file /does/not/exist ubuntu': /--env-file/,
  '--rm=maybe ubuntu': /give true or false/,
  '--device /dev/null:/x:bad ubuntu': /--device/,
  '--pull often ubuntu': /pull option/,
  '--oom-score-adj 2000 ubuntu': /--oom-score-adj/,
  '-e =x ubuntu': /--env/,
  '--device-read-bps sda:1 ubuntu': /--device-read-bps/,
};
test('a value that cannot be meant is refused with its flag', () => {
  for (const [line, message] of Object.entries(wrong))
    assert.throws(
      () => ours(words(line)),
      (error: unknown) => message.test(messageOf(error)),
      line,
    );
});

test(['docker'], 'what we refuse, docker refuses too', async () => {
  // For these, docker's client leaves the check to its daemon.
  for (const line of Object.keys(wrong).filter((one) => !/^--(restart (sometimes|always:3)|oom-score-adj)/.test(one)))
    assert.type(await docker.docker('create', ...words(line)), 'string', line);
});

test('options end at the image', () => {
  const { body } = ours(words('-i ubuntu ls -i --rm=false -- -t'));
  assert.equal(body.Cmd, ['ls', '-i', '--rm=false', '--', '-t']);
  assert.is(body.Tty, false);
});

test('a detached run attaches nothing', () => {
  const command = declareContainer(untilImage(verb('run', ''))).parse(['-i'], { from: 'user' });
  const body = containerBody(command, 'ubuntu', [], true);
  assert.equal(
    [body.AttachStdin, body.AttachStdout, body.AttachStderr, body.OpenStdin, body.StdinOnce],
    [false, false, false, true, false],
  );
});

test.run();
