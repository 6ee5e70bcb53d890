import * as assert from 'uvu/assert';
import { BuildOutput } from '../../runtime/engine/build-output.ts';
import { commit, type Committing } from '../../runtime/steps/container/commit.ts';
import type { Kernel } from '../../runtime/kernel/kernel.ts';
import { registryConfig } from '../../server/docker/images/registry-auth.ts';
import { suite } from '../harness.ts';

const test = suite('what a build and a commit hand on');

const frame = (text: string): Buffer => {
  const head = Buffer.alloc(8);
  head[0] = 1;
  head.writeUInt32BE(text.length, 4);
  return Buffer.concat([head, Buffer.from(text)]);
};

test('the output of a RUN waits for a client that does not read', async () => {
  const told: string[] = [];
  let taken = (): void => undefined;
  const output = new BuildOutput((_stream, text) => {
    told.push(text);
    return new Promise((resolve) => (taken = resolve));
  });
  const second = new Promise<void>((resolve) => {
    output.write(frame('a'));
    output.write(frame('b'), () => resolve());
  });
  await Promise.resolve();
  assert.equal(told, ['a'], 'the second part has to wait');
  taken();
  while (told.length < 2) await new Promise(setImmediate);
  taken();
  await second;
});

test('a container that was paused during a commit is not thawed', async () => {
  const thaw = commit.steps.find(({ id }) => id === 'commit.thaw')!;
  for (const paused of [true, false]) {
    let thawed = false;
    const container = { cgroup: { thaw: () => Promise.resolve((thawed = true)) } };
    const context = { frozen: true, isPaused: () => paused, container } as unknown as Committing;
    await thaw.do({} as Kernel, context);
    assert.is(thawed, !paused);
  }
});

test('X-Registry-Config has credentials by registry', () => {
  const fields = { 'https://index.docker.io/v1/': { username: 'hub' }, 'localhost:5000': { username: 'own' } };
  const header = Buffer.from(JSON.stringify(fields)).toString('base64url');
  const auth = registryConfig({ headers: { 'x-registry-config': header } } as never);
  assert.equal([auth('docker.io'), auth('localhost:5000')], [{ username: 'hub' }, { username: 'own' }]);
  assert.is(auth('example.org'), undefined);
  assert.throws(() => registryConfig({ headers: { 'x-registry-config': '!' } } as never), /invalid X-Registry-Config/);
});

test.run();
