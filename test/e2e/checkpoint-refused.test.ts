/** `docker checkpoint` where it cannot be: without CRIU, and what is wrong with the request. */
import * as assert from 'uvu/assert';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { site } from './site.ts';

process.env['DRYDOCK_CRIU'] = '/nowhere/criu';
const s = await site('checkpoints without CRIU', { images: ['tiny'] });
const d = () => s.daemon;
const asked = async (method: string, path: string, body?: unknown) => {
  const answer = await d().api(method, path, body);
  return [answer.status, (JSON.parse(answer.body || '{}') as { message?: string }).message ?? ''] as const;
};
const create = (container: string, CheckpointID: string, more = {}) =>
  asked('POST', `/containers/${container}/checkpoints`, { CheckpointID, ...more });

s.test('a running container is refused with what is to be installed, and no directory is made', async () => {
  const id = await d().ok('run', '-d', '--name', 'up', '--network', 'none', 'tiny', 'sleep', '1000');
  const [status, message] = await create('up', 'one');
  assert.is(status, 501);
  assert.match(message, 'checkpoints need CRIU: DRYDOCK_CRIU is "/nowhere/criu", which is no program');
  assert.not.ok(existsSync(join(d().root, 'containers', id, 'checkpoints')));
  assert.equal((await d().json<unknown[]>('/containers/up/checkpoints')).length, 0);
});

s.test('what is wrong with a request is said before that', async () => {
  await d().ok('run', '-dt', '--name', 'tty', '--network', 'none', 'tiny', 'sleep', '1000');
  const still = await d().ok('create', '--name', 'still', '--network', 'none', 'tiny', 'true');
  const cases: [ReturnType<typeof create>, number, RegExp][] = [
    [create('nope', 'one'), 404, /^No such container: nope$/],
    [create('still', 'one'), 409, new RegExp(`^container ${still} is not running$`)],
    [create('up', '.hidden'), 400, /^Invalid checkpoint ID \(\.hidden\), only \[a-zA-Z0-9\]/],
    [create('up', '../../x'), 400, /^Invalid checkpoint ID/],
    [create('up', 'one', { CheckpointDir: 'here' }), 400, /give an absolute path/],
    [create('up', 'one', { Exit: 'yes' }), 400, /^invalid Exit: it must be true or false$/],
    [create('tty', 'one'), 500, /^checkpoint not support on containers with tty/],
    [asked('DELETE', '/containers/up/checkpoints/one'), 404, /^checkpoint one does not exist for container up$/],
    [asked('DELETE', '/containers/up/checkpoints/etc?dir=/'), 404, /^checkpoint etc does not exist/],
    [
      asked('POST', '/containers/still/start?checkpoint=one'),
      404,
      /^checkpoint one does not exist for container still$/,
    ],
  ];
  for (const [answer, status, message] of cases) {
    const [got, text] = await answer;
    assert.is(got, status, text);
    assert.match(text, message);
  }
  await d().ok('start', 'still');
});

s.test("docker's client shows no checkpoints, because this engine is not experimental then", async () => {
  assert.match(await d().dockerRefused('checkpoint', 'ls', 'up'), /experimental/);
  assert.match(await d().dockerOk('version'), /Server[^]*Experimental: +false/);
});

s.test.run();
