/** Every field of the API's types is classified: obeyed, refused, or ignored like in dockerd. */
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import * as assert from 'uvu/assert';
import { canonicalRequest, canonicalUpdate, checkShape, fateOf } from '../../runtime/request/request-shape.ts';
import { fateOfUpdate } from '../../runtime/container/update.ts';
import { canonicalExec, checkExec, fateOfExec } from '../../server/docker/http/shape.ts';
import { suite } from '../harness.ts';

const test = suite('the fields of a create');

/** The members of an interface in @types/dockerode, including those of the interfaces it extends there. */
function membersOf(name: string): string[] {
  const file = 'node_modules/@types/dockerode/index.d.ts';
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  const found = new Map<string, ts.InterfaceDeclaration>();
  const visit = (node: ts.Node): void => {
    if (ts.isInterfaceDeclaration(node)) found.set(node.name.text, node);
    ts.forEachChild(node, visit);
  };
  visit(source);
  const members = (of: string): string[] => {
    const declared = found.get(of);
    if (!declared) return [];
    const own = declared.members.flatMap((member) => (member.name ? [member.name.getText(source)] : []));
    const above = (declared.heritageClauses ?? []).flatMap((clause) =>
      clause.types.map((type) => type.expression.getText(source)),
    );
    return [...own, ...above.flatMap(members)];
  };
  return [...new Set(members(name))];
}

/** Fields for dockerode itself, and fields that go into the query. */
const notInBody = new Set(['name', 'platform', 'abortSignal', 'authconfig', '_query', '_body']);
const types: [type: string, where: string, least: number][] = [
  ['ContainerCreateOptions', '', 20],
  ['HostConfig', 'HostConfig.', 50],
  ['MountSettings', 'HostConfig.Mounts.', 7],
  ['EndpointSettings', 'NetworkingConfig.EndpointsConfig.*.', 10],
  ['DeviceMapping', 'HostConfig.Devices.', 3],
  ['Ulimit', 'HostConfig.Ulimits.', 0],
  ['RestartPolicy', 'HostConfig.RestartPolicy.', 0],
  ['HostRestartPolicy', 'HostConfig.RestartPolicy.', 2],
  ['LogConfig', 'HostConfig.LogConfig.', 0],
];
for (const [type, where, least] of types) {
  test(`each field of ${type} is obeyed, refused or ignored on purpose`, () => {
    const fields = membersOf(type).filter((name) => !(where === '' && notInBody.has(name)));
    assert.ok(fields.length >= least, `${type} has ${fields.length} fields`);
    // @types/dockerode misspells GlobalIPv6….
    assert.equal(
      fields
        .map((name) => name.replace('GlobalIPV6', 'GlobalIPv6'))
        .filter((name) => fateOf(where, name) === undefined),
      [],
    );
  });
}

/** Fields of Engine API 1.50, ContainerConfig and HostConfig, that those types lack. */
const also: [string, string][] = [
  ['', 'Shell'],
  ['', 'StopTimeout'],
  ['', 'ArgsEscaped'],
  ['HostConfig.', 'Annotations'],
  ['HostConfig.', 'CgroupnsMode'],
  ['HostConfig.', 'DeviceRequests'],
  ['HostConfig.', 'KernelMemoryTCP'],
  ['HostConfig.', 'MaskedPaths'],
  ['HostConfig.', 'ReadonlyPaths'],
  ['HostConfig.', 'ConsoleSize'],
  ['HostConfig.', 'Init'],
  ['HostConfig.', 'IOMaximumBandwidth'],
];
test('fields that the types do not have', () => {
  assert.equal(
    also.filter(([where, name]) => fateOf(where, name) === undefined),
    [],
  );
});

test('a name is the same in any case, as Go reads it, and an exact one wins', () => {
  const body = canonicalRequest({
    image: 'ubuntu',
    cmd: ['x'],
    Cmd: ['true'],
    hostConfig: {
      memory: 5,
      restartPolicy: { name: 'always' },
      ulimits: [{ name: 'core', soft: 0, HARD: 0 }],
      surprise: 1,
    },
    name: 'n',
    Surprise: { a: 1 },
  });
  assert.equal(body, {
    Image: 'ubuntu',
    Cmd: ['true'],
    HostConfig: { Memory: 5, RestartPolicy: { Name: 'always' }, Ulimits: [{ Name: 'core', Soft: 0, Hard: 0 }] },
  });
  checkShape(body);
});

test('a refused field that is nested without end is refused, not a crash', () => {
  const deep = JSON.parse(`${'{"a":'.repeat(400)}1${'}'.repeat(400)}`) as object;
  assert.throws(() => checkShape({ HostConfig: { StorageOpt: deep } }), /storage-opt is supported only/);
});

test('each field of an exec is obeyed or ignored on purpose, at its create and at its start', () => {
  // hijack and stdin are options of dockerode's own HTTP client.
  const own = new Set(['hijack', 'stdin', 'abortSignal']);
  for (const [type, of, least] of [
    ['ExecCreateOptions', 'create', 11],
    ['ExecStartOptions', 'start', 2],
  ] as const) {
    const fields = membersOf(type).filter((name) => !own.has(name));
    assert.ok(fields.length >= least, `${type} has ${fields.length} fields`);
    assert.equal(
      fields.filter((name) => fateOfExec(name, of) === undefined),
      [],
    );
  }
  // Engine API 1.50, and further fields that its clients send.
  assert.equal(
    [
      fateOfExec('Detach', 'create'),
      fateOfExec('Detach', 'start'),
      fateOfExec('ConsoleSize', 'start'),
      fateOfExec('Odd', 'create'),
    ],
    ['ignored', 'obeyed', 'obeyed', undefined],
  );
  assert.equal(canonicalExec({ cmd: ['a'], TTY: true, Odd: 1 }, 'create'), { Cmd: ['a'], Tty: true, Odd: 1 });
  assert.throws(() => checkExec({ Detach: 'yes' }, 'start'), /invalid Detach: it must be true or false/);
});

/** Engine API 1.50, POST /containers/{id}/update: Resources and RestartPolicy. */
const updateFields =
  `CpuShares Memory CgroupParent BlkioWeight BlkioWeightDevice BlkioDeviceReadBps BlkioDeviceWriteBps BlkioDeviceReadIOps BlkioDeviceWriteIOps
  CpuPeriod CpuQuota CpuRealtimePeriod CpuRealtimeRuntime CpusetCpus CpusetMems Devices DeviceCgroupRules DeviceRequests KernelMemoryTCP MemoryReservation MemorySwap
  MemorySwappiness NanoCpus OomKillDisable Init PidsLimit Ulimits CpuCount CpuPercent IOMaximumIOps IOMaximumBandwidth RestartPolicy`.split(
    /\s+/,
  );
test('each field of an update is obeyed, refused or ignored on purpose', () => {
  assert.equal(
    updateFields.filter((name) => fateOfUpdate(name) === undefined),
    [],
  );
  assert.equal(['Memory', 'Devices', 'DeviceRequests', 'CpuCount', 'Surprise'].map(fateOfUpdate), [
    'obeyed',
    'refused',
    'refused',
    'ignored',
    undefined,
  ]);
  assert.equal(canonicalUpdate({ memory: 5, restartPolicy: { name: 'always' }, CpuCount: 3, Surprise: 1 }), {
    Memory: 5,
    RestartPolicy: { Name: 'always' },
  });
});

test.run();
