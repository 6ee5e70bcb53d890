import { mkdirSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { sh } from '../harness.ts';
import { clients } from './daemon.ts';
import { site } from './site.ts';

const s = await site('read-only binds and what is mounted below them', { images: ['tiny'] });
const top = '/dev/shm/read-only-top';
const show = ['/bin/busybox', 'awk', '$5 ~ "^/m" { split($6, o, ","); print $5, o[1] }', '/proc/self/mountinfo'];

s.test.before(() => {
  mkdirSync(`${top}/below`, { recursive: true });
  sh('mount', '-t', 'tmpfs', 'below', `${top}/below`);
});
s.test.after(() => {
  sh('umount', `${top}/below`);
  sh('rm', '-r', top);
});

/** Creates a container as a client of that API version and returns its mounts. */
async function mounts(version: string, host: object): Promise<string> {
  const created = await s.daemon.api('POST', `/v${version}/containers/create`, {
    Image: 'tiny',
    Cmd: show,
    Tty: true,
    HostConfig: host,
  });
  assert.is(created.status, 201, created.body);
  const { Id } = JSON.parse(created.body) as { Id: string };
  await s.daemon.api('POST', `/containers/${Id}/start`);
  await s.daemon.api('POST', `/containers/${Id}/wait`);
  const { body } = await s.daemon.api('GET', `/containers/${Id}/logs?stdout=1`);
  await s.daemon.api('DELETE', `/containers/${Id}?force=1`);
  return body.trim().replaceAll('\r\n', ', ');
}
const bind = (options: object = {}) => ({
  Mounts: [{ Type: 'bind', Source: top, Target: '/m', ReadOnly: true, BindOptions: options }],
});

for (const [version, host, shown] of [
  ['1.43', { Binds: [`${top}:/m:ro`] }, '/m ro, /m/below rw'],
  ['1.43', bind(), '/m ro, /m/below rw'],
  ['1.44', { Binds: [`${top}:/m:ro`] }, '/m ro, /m/below ro'],
  ['1.44', bind(), '/m ro, /m/below ro'],
  ['1.50', bind({ ReadOnlyNonRecursive: true }), '/m ro, /m/below rw'],
  ['1.50', bind({ ReadOnlyForceRecursive: true, Propagation: 'rprivate' }), '/m ro, /m/below ro'],
  ['1.50', bind({ NonRecursive: true }), '/m ro'],
  ['1.43', { Binds: [`${top}:/m`] }, '/m rw, /m/below rw'],
] as const) {
  s.test(`API ${version}, ${JSON.stringify(host).replaceAll(top, 'TOP')}: ${shown}`, async () =>
    assert.is(await mounts(version, host), shown),
  );
}

for (const [value, shown] of [
  ['enabled', '/m ro\n/m/below ro\n'],
  ['disabled', '/m ro\n'],
  ['writable', '/m ro\n/m/below rw\n'],
  ['readonly,bind-propagation=rprivate', '/m ro\n/m/below ro\n'],
]) {
  s.test(`--mount with readonly,bind-recursive=${value} shows ${JSON.stringify(shown)}`, async () => {
    for (const client of clients) {
      const { out, err } = await s.daemon.client(client, [
        'run',
        '--rm',
        '--mount',
        `type=bind,source=${top},target=/m,readonly,bind-recursive=${value}`,
        'tiny',
        ...show,
      ]);
      assert.is(out, shown, `${client}: ${err}`);
    }
  });
}

s.test('options that contradict each other are refused', async () => {
  const refused = async (mount: object) =>
    await s.daemon.api('POST', '/containers/create', { Image: 'tiny', HostConfig: { Mounts: [mount] } });
  const mount = { Type: 'bind', Source: top, Target: '/m' };
  for (const [wrong, why] of [
    [{ ...mount, BindOptions: { ReadOnlyNonRecursive: true } }, /must be read-only when ReadOnlyNonRecursive/],
    [
      { ...mount, BindOptions: { ReadOnlyForceRecursive: true, Propagation: 'rprivate' } },
      /must be read-only when ReadOnlyForceRecursive/,
    ],
    [{ ...mount, ReadOnly: true, BindOptions: { ReadOnlyForceRecursive: true } }, /propagation must be rprivate/],
    [
      {
        ...mount,
        ReadOnly: true,
        BindOptions: { ReadOnlyForceRecursive: true, Propagation: 'rprivate', NonRecursive: true },
      },
      /exclude each other/,
    ],
  ] as const) {
    const { status, body } = await refused(wrong);
    assert.is(status, 400, body);
    assert.match(body, why);
  }
});

s.test.run();
