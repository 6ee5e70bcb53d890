/** Every field that the API's types have has a fate: obeyed, refused, or ignored as dockerd ignores it. */
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import * as assert from 'uvu/assert';
import { canonicalRequest, checkShape, fateOf } from '../../runtime/machine/request-shape.ts';
import { suite } from '../harness.ts';

const test = suite('the fields of a create');

/** The members of an interface in @types/dockerode, with those of the interfaces it extends there. */
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
    const above = (declared.heritageClauses ?? []).flatMap((clause) => clause.types.map((type) => type.expression.getText(source)));
    return [...own, ...above.flatMap(members)];
  };
  return [...new Set(members(name))];
}

/** What dockerode's callers give to dockerode itself, and what goes into the query. */
const notInBody = new Set(['name', 'platform', 'abortSignal', 'authconfig', '_query', '_body']);
const types: [type: string, where: string, least: number][] = [
  ['ContainerCreateOptions', '', 20], ['HostConfig', 'HostConfig.', 50], ['MountSettings', 'HostConfig.Mounts.', 7],
  ['EndpointSettings', 'NetworkingConfig.EndpointsConfig.*.', 10], ['DeviceMapping', 'HostConfig.Devices.', 3], ['Ulimit', 'HostConfig.Ulimits.', 0],
  ['RestartPolicy', 'HostConfig.RestartPolicy.', 0], ['HostRestartPolicy', 'HostConfig.RestartPolicy.', 2], ['LogConfig', 'HostConfig.LogConfig.', 0],
];
for (const [type, where, least] of types) {
  test(`each field of ${type} is obeyed, refused or ignored on purpose`, () => {
    const fields = membersOf(type).filter((name) => !(where === '' && notInBody.has(name)));
    assert.ok(fields.length >= least, `${type} has ${fields.length} fields`);
    // a misspelling of those types
    assert.equal(fields.map((name) => name.replace('GlobalIPV6', 'GlobalIPv6')).filter((name) => fateOf(where, name) === undefined), []);
  });
}

/** Engine API 1.50, ContainerConfig and HostConfig, where it knows more than those types. */
const also: [string, string][] = [
  ['', 'Shell'], ['', 'StopTimeout'], ['', 'ArgsEscaped'], ['HostConfig.', 'Annotations'], ['HostConfig.', 'CgroupnsMode'], ['HostConfig.', 'DeviceRequests'], ['HostConfig.', 'KernelMemoryTCP'],
  ['HostConfig.', 'MaskedPaths'], ['HostConfig.', 'ReadonlyPaths'], ['HostConfig.', 'ConsoleSize'], ['HostConfig.', 'Init'], ['HostConfig.', 'IOMaximumBandwidth'],
];
test('fields that the types do not have', () => {
  assert.equal(also.filter(([where, name]) => fateOf(where, name) === undefined), []);
});

test('a name is the same in any case, as Go reads it, and an exact one wins', () => {
  const body = canonicalRequest({ image: 'ubuntu', cmd: ['x'], Cmd: ['true'], hostConfig: { memory: 5, restartPolicy: { name: 'always' }, ulimits: [{ name: 'core', soft: 0, HARD: 0 }], surprise: 1 }, name: 'n', Surprise: { a: 1 } });
  assert.equal(body, { Image: 'ubuntu', Cmd: ['true'], HostConfig: { Memory: 5, RestartPolicy: { Name: 'always' }, Ulimits: [{ Name: 'core', Soft: 0, Hard: 0 }] } });
  checkShape(body);
});

test('a refused field that is nested without end is refused, not a crash', () => {
  const deep = JSON.parse(`${'{"a":'.repeat(400)}1${'}'.repeat(400)}`) as object;
  assert.throws(() => checkShape({ HostConfig: { StorageOpt: deep } }), /storage-opt is not supported/);
});

test.run();
