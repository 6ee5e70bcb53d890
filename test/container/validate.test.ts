import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { ApiError } from '../../runtime/errors/api-error.ts';
import type { ContainerRequest, HostConfig } from '../../runtime/request/container-request.ts';
import { validateRequest } from '../../runtime/container/validate.ts';
import { suite } from '../harness.ts';

const test = suite('validate');
const settings = { bridge: 'drydock0' };
const dir = mkdtempSync(join(tmpdir(), 'drydock-validate-'));
test.after(() => rmSync(dir, { recursive: true }));

/** Runs the real client against a server that only validates; returns the client's output. */
function dockerCreate(...flags: string[]): Promise<string> {
  const socket = join(dir, `${Math.random().toString(36).slice(2)}.sock`);
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        response.setHeader('Api-Version', '1.50').setHeader('Ostype', 'linux');
        response.setHeader('Content-Type', 'application/json');
        if (!request.url!.includes('/containers/create')) return response.end('{}');
        try {
          const Warnings = validateRequest(JSON.parse(Buffer.concat(chunks).toString()) as ContainerRequest, settings);
          response.writeHead(201).end(JSON.stringify({ Id: 'accepted', Warnings }));
        } catch (error) {
          response
            .writeHead(error instanceof ApiError ? error.status : 500)
            .end(JSON.stringify({ message: (error as Error).message }));
        }
      });
  });
  return new Promise((resolve) =>
    server.listen(socket, () => {
      execFile(
        'docker',
        ['-H', `unix://${socket}`, 'create', ...flags],
        { env: { ...process.env, HOME: dir } },
        (_error, stdout, stderr) => {
          server.close();
          resolve((stdout + stderr).trim());
        },
      );
    }),
  );
}
const profile = join(dir, 'profile.json');
writeFileSync(profile, '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW"}]}');

const accepted: string[] = [
  '',
  '-it --rm --name n --hostname h -e A=1 -e UNSET_HERE -w /w -u 1:2 --entrypoint /bin/sh',
  `-v ${dir}:/x:ro -v ${dir}/not/there/yet:/y:z --tmpfs /run:size=64k,exec --read-only`,
  '--network none --label x=y',
  '-v name:/x:ro,nocopy -v /y --mount type=volume,src=v,dst=/v,volume-nocopy --volumes-from a:ro',
  '--network host',
  '--network container:abc',
  '--ipc container:abc',
  '--dns 1.1.1.1 --dns-search a.b --add-host a:1.2.3.4 --add-host b:host-gateway',
  '--memory 64m --memory-swap 128m --memory-reservation 32m --cpus 0.5 --cpu-shares 512 --cpuset-cpus 0 --cpuset-mems 0 --pids-limit 20 --blkio-weight 10',
  '--memory 64m --memory-swap -1 --pids-limit -1',
  '--cpu-period 50000 --cpu-quota 25000 --ulimit nofile=1024:2048 --ulimit core=-1 --sysctl net.core.somaxconn=1 --sysctl kernel.shmmax=5',
  '--cap-add NET_ADMIN --cap-drop all --cap-add sys_ptrace',
  `--security-opt no-new-privileges --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt label=disable --security-opt systempaths=unconfined`,
  `--security-opt seccomp=${profile}`,
  '--privileged',
  '--device /dev/null:/dev/n:rw --device-cgroup-rule c_42:*_rmw',
  '--init --restart on-failure:3 --stop-signal TERM --stop-timeout 3',
  '--health-cmd true --health-interval 5s',
  '--pid host --uts host --ipc host --userns host --cgroupns private',
  `--mount type=bind,src=${dir},dst=/m,readonly --mount type=tmpfs,dst=/t,tmpfs-size=1m,tmpfs-mode=1777`,
  '--shm-size 1m --group-add 5 --oom-score-adj 5 --domainname d --expose 99 --annotation a=b --no-healthcheck --runtime runc --log-driver json-file --log-opt max-size=1m --log-opt max-file=3',
  '--log-driver none',
  '--log-driver local --log-opt max-size=-1 --log-opt labels=a,b --log-opt env=C --log-opt tag={{.Name}}-{{.ID}}',
  '--log-opt mode=non-blocking --log-opt max-buffer-size=4m --log-opt compress=false',
  '--mac-address 02:42:ac:11:00:02',
];
for (const flags of accepted) {
  test(['docker'], `docker create ${flags.slice(0, 80)} passes`, async () => {
    const words = flags
      .split(' ')
      .filter(Boolean)
      .map((w) => w.replaceAll('_42', ' 42').replace('*_', '* '));
    const said = await dockerCreate(...words, 'ubuntu', 'true');
    assert.ok(/^accepted$/m.test(said), said);
  });
}

const refused: [flags: string, pattern: RegExp][] = [
  ['--memory 1m', /Minimum memory limit allowed is 6MB/],
  ['--memory 64m --memory-swap 32m', /Minimum memoryswap limit should be larger than memory limit/],
  ['--memory-swap 32m', /You should always set the Memory limit when using Memoryswap/],
  [
    '--cpus 1000',
    new RegExp(`range of CPUs is from 0.01 to ${cpus().length}.00, as there are only ${cpus().length} CPUs available`),
  ],
  ['--cpuset-cpus 9999', /Requested CPUs are not available - requested 9999/],
  ['--cpuset-cpus x', /Invalid value x for cpuset cpus/],
  ['--cpu-shares 1', /minimum allowed cpu-shares is 2/],
  ['--cpus 1 --cpu-period 10000', /Nano CPUs and CPU Period cannot both be set/],
  ['--cpu-period 5', /CPU cfs period/],
  ['--blkio-weight 5', /blkio weight is from 10 to 1000/],
  ['--oom-score-adj 2000', /oom score adj/],
  ['-v name:/x:rshared', /invalid mount config for type "volume": field BindOptions must not be specified/],
  ['-v /tmp:/x:nocopy', /invalid mount config for type "bind": field VolumeOptions must not be specified/],
  ['-v one:/x -v two:/x', /Duplicate mount point: \/x/],
  ['--mount type=volume,src=v,dst=/v,volume-subpath=../x', /subpath must be a relative path within the volume/],
  ['--volume-driver nosuch', /error looking up volume plugin nosuch: plugin "nosuch" not found/],
  ['--mount type=bind,src=/not/there,dst=/m', /bind source path does not exist: \/not\/there/],
  [`-v ${dir}:/a -v /tmp:/a/`, /Duplicate mount point: \/a/],
  [`-v ${dir}:rel`, /mount path must be absolute/],
  [`-v ${dir}:/`, /destination can't be '\/'/],
  [`-v ${dir}:/a:rw,ro`, /invalid mode: rw,ro/],
  ['--tmpfs /run:bogus', /Invalid tmpfs option "bogus"/],
  ['--network nowhere', /network nowhere not found/],
  ['--network container:x --hostname h', /hostname and the network mode|conflicting options: hostname/],
  ['--gpus all', /--gpus/],
  ['--storage-opt size=1', /--storage-opt/],
  ['--log-driver nosuch', /error looking up logging plugin nosuch: plugin "nosuch" not found/],
  ['--log-driver fluentd', /log driver fluentd is not supported/],
  ['--log-opt max-file=1 --log-opt compress=true', /compress/],
  ['--log-opt labels-regex=(', /error parsing regexp/],
  ['--log-opt mode=odd', /logging mode not supported: odd/],
  ['--log-opt max-buffer-size=4m', /max-buffer-size option is only supported with 'mode=non-blocking'/],
  ['--log-opt tag={{.Nope}}', /log-tag: "{{.Nope}}": give one of {{.ID}}/],
  ['--log-driver local --log-opt foo=1', /unknown log opt 'foo' for log driver local/],
  ['--log-opt foo=1', /unknown log opt 'foo' for json-file log driver/],
  ['--log-opt max-size=0', /failed to initialize logging driver: max-size must be a positive number/],
  ['--runtime crun', /unknown or invalid runtime name: crun/],
  ['--sysctl kernel.panic=1', /"kernel.panic" is not in a separate kernel namespace|sysctl 'kernel.panic/],
  ['--sysctl net.core.somaxconn=1 --network host', /not allowed in host network namespace/],
  ['--cap-add NOPE', /unknown capability: "CAP_NOPE"/],
  ['--security-opt apparmor=x', /AppArmor/],
  ['--security-opt bogus=1', /invalid --security-opt/],
  ['--device /dev/nope', /"\/dev\/nope": no such file or directory/],
  ['--device /etc/passwd', /not a device node/],
  ['--device-read-bps /dev/nope:1mb', /stat \/dev\/nope: no such file/],
  ['--stop-signal NOPE', /Invalid signal: NOPE/],
  ['-w rel', /working directory 'rel' is invalid/],
  ['--ipc container:', /invalid IPC mode: container:/],
  ['--ipc container:a --sysctl kernel.shmmax=1', /kernel.shmmax.* is not in a separate kernel namespace/],
  ['--blkio-weight-device /dev/nope:100', /stat \/dev\/nope: no such file/],
  ['--blkio-weight-device /dev/null:100', /not a block device/],
  ['--hostname a/b', /invalid hostname format/],
  ['--ip6 nope', /IP/],
  ['--ip6 ::1', /user specified IP address is supported on user defined networks only/],
  ['--ip 172.17.0.9', /invalid config for network bridge: invalid endpoint settings/],
  ['--mount type=bind,src=/tmp,dst=/m,bind-recursive=readonly,bind-propagation=rslave,ro', /rprivate/],
];
for (const [flags, pattern] of refused) {
  test(['docker'], `docker create ${flags.slice(0, 80)} is refused`, async () => {
    const said = await dockerCreate(...flags.split(' '), 'ubuntu');
    assert.ok(pattern.test(said), said);
  });
}

const request = (host: Partial<HostConfig>, config: Partial<ContainerRequest> = {}): ContainerRequest => ({
  Image: 'ubuntu',
  ...config,
  HostConfig: host,
});
const status = (body: unknown): number => {
  try {
    validateRequest(body as ContainerRequest, settings);
    return 200;
  } catch (error) {
    return error instanceof ApiError ? error.status : -1;
  }
};

test('wrong types and NUL bytes are 400, unknown fields are ignored, known ones that ask for what is not there 501', () => {
  for (const body of [
    null,
    [],
    'x',
    { Image: 'a' },
    { HostConfig: 5 },
    request({}, { Env: 'A=1' as never }),
    request({ Memory: '64m' as never }),
    request({ Memory: 1.5 }),
    request({ Binds: [5] as never }),
    request({ Privileged: 'yes' as never }),
    request({}, { Cmd: ['a\0b'] }),
    request({ Ulimits: [{ Name: 5 }] as never }),
    request({ Mounts: ['x'] as never }),
    request({ Sysctls: { a: 5 } as never }),
  ])
    assert.is(status(body), 400, JSON.stringify(body));
  assert.is(status({ ...request({}), name: 'from the body', Surprise: { a: [1] } }), 200);
  assert.is(status(request({ Surprise: ['x'] } as never)), 200);
  assert.is(status(request({ StorageOpt: { size: '1G' } } as never)), 501);
  assert.is(status(request({ StorageOpt: {}, DeviceRequests: null, BlkioWeightDevice: [] } as never)), 200);
  assert.is(status(request({}, { Healthcheck: { Test: ['CMD', 'true'], Interval: 5e9 } } as never)), 200);
  assert.is(status(request({}, { Healthcheck: { Test: 'true' } } as never)), 400);
});

test('odd environment, restart policies, and ulimits are refused', () => {
  assert.is(status(request({}, { Env: ['=x'] })), 400);
  assert.is(status(request({ RestartPolicy: { Name: 'sometimes' } })), 400);
  assert.is(status(request({ RestartPolicy: { Name: 'always', MaximumRetryCount: 2 } })), 400);
  assert.is(status(request({ RestartPolicy: { Name: 'always' }, AutoRemove: true })), 400);
  assert.is(status(request({ Ulimits: [{ Name: 'nofile', Soft: 5, Hard: 4 }] })), 400);
  assert.is(status(request({ Ulimits: [{ Name: 'bogus', Soft: 1, Hard: 1 }] })), 400);
  assert.equal(
    ['/a/../..', 'a', './x', 'x.slice', '/a\0b'].map((CgroupParent) => status(request({ CgroupParent }))),
    [200, 200, 200, 200, 400],
  );
  assert.is(status(request({ UsernsMode: 'private', Privileged: true })), 400);
});

test('-v makes the directory that is not there, but not for a request that is refused', () => {
  const source = join(dir, 'made/here');
  assert.is(status(request({ Binds: [`${source}:/x`], Memory: 1 })), 400);
  assert.not.ok(existsSync(source));
  assert.is(status(request({ Binds: [`${source}:/x`] })), 200);
  assert.ok(existsSync(source));
  assert.throws(
    () => validateRequest(request({ Binds: ['/dev/null/x:/x'] }), settings),
    /error while creating mount source path '\/dev\/null\/x'/,
  );
  assert.throws(
    () => validateRequest(request({ Binds: ['/proc/nope/x:/x'] }), settings),
    /error while creating mount source path '\/proc\/nope\/x': ENOENT/,
  );
});

test.run();
