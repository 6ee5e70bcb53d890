/** `docker cp` by the docker client, and what it leaves behind: nothing. */
import * as assert from 'uvu/assert';
import { existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { atRest, sameAs } from './leftovers.ts';
import { site } from './site.ts';
import { until } from '../until.ts';

const s = await site('what cp leaves', { images: ['tiny'] });
const d = () => s.daemon;
const here = (name: string) => join(d().root, name);
const cp = (from: string, to: string, ...flags: string[]) => d().docker('cp', ...flags, from, to);
const good = async (ran: ReturnType<typeof cp>) => {
  const { code, err } = await ran;
  assert.is(code, 0, err);
};

s.test('the docker client copies files and trees both ways, under other names, and nothing stays mounted', async () => {
  await d().ok('create', '--name', 'still', '--network', 'none', '-v', '/v', 'tiny', 'true');
  // the first stage of a daemon opens the programs of shim and stage, which it keeps
  await d().ok('run', '--rm', '--network', 'none', 'tiny', 'true');
  const before = await atRest(d());
  mkdirSync(here('tree/sub'), { recursive: true });
  writeFileSync(here('tree/sub/f'), 'deep');
  writeFileSync(here('one'), 'one');
  await good(cp(here('one'), 'still:/etc/renamed'));
  await good(cp('still:/etc/renamed', here('back')));
  assert.is(readFileSync(here('back'), 'utf8'), 'one');
  await good(cp(here('tree'), 'still:/v'));
  await good(cp(`${here('tree')}/.`, 'still:/tmp'));
  await good(cp('still:/v/tree', here('out')));
  assert.is(readFileSync(here('out/sub/f'), 'utf8'), 'deep');
  await good(cp('still:/tmp/sub/f', here('flat')));
  assert.is(readFileSync(here('flat'), 'utf8'), 'deep');
  await good(cp('still:/bin/sh', here('followed'), '-L'));
  assert.ok(readFileSync(here('followed')).length > 100_000, 'the file that the link leads to');
  const { err } = await cp('still:/nope', here('x'));
  assert.match(err, 'Could not find the file /nope in container still');
  await sameAs(before, d());
  assert.match(await d().ok('diff', 'still'), /A \/etc\/renamed/);
  assert.match(await d().ok('operations'), /cp +still +done/);
  await d().ok('rm', '-v', 'still');
});

s.test('drydock cp copies as docker cp does, and a link in an archive leads nowhere outside', async () => {
  await d().ok('create', '--name', 'own', '--network', 'none', 'tiny', 'true');
  const said = (...args: string[]) => d().cli('cp', ...args);
  const works = async (...args: string[]) => {
    const { code, err } = await said(...args);
    assert.is(code, 0, err);
    return err;
  };
  mkdirSync(here('trunk/sub'), { recursive: true });
  writeFileSync(here('trunk/sub/f'), 'deep');
  symlinkSync('sub/f', here('trunk/link'));
  assert.match(await works(here('trunk'), 'own:/copy'), /^Successfully copied .*B to own:\/copy$/m);
  await works('-q', `${here('trunk')}/.`, 'own:/copy/inner');
  await works('-L', here('trunk/link'), 'own:/etc');
  await works('own:/copy', here('came'));
  assert.is(readFileSync(here('came/sub/f'), 'utf8'), 'deep');
  assert.is(readFileSync(here('came/inner/link'), 'utf8'), 'deep');
  await works('own:/etc/link', here('plain'));
  assert.ok(lstatSync(here('plain')).isFile(), 'the link was followed on the way in');
  await works('-L', 'own:/copy/link', here('came'));
  assert.is(readFileSync(here('came/link'), 'utf8'), 'deep');
  assert.match((await said('own:/nope', here('x'))).err, 'Could not find the file /nope in container own');
  assert.match((await said('own:/etc', here('plain'))).err, 'cannot copy a directory over the file');
  assert.match((await said(here('plain'), 'own:/none/x')).err, 'Could not find the file /none in container own');
  // a directory here that is a link: what arrives stays inside of what was named
  mkdirSync(here('evil'));
  symlinkSync(here('trunk'), here('evil/out'));
  await works(`${here('evil')}/.`, 'own:/evil');
  mkdirSync(here('safe'));
  await works('own:/evil/.', here('safe'));
  assert.ok(lstatSync(here('safe/out')).isSymbolicLink());
  await d().ok('rm', 'own');
});

s.test('a daemon that is killed in the middle leaves nothing, and the container starts', async () => {
  await d().ok('create', '--name', 'cut', '--network', 'none', 'tiny', 'true');
  const { descriptors: _, ...before } = await atRest(d());
  const gate = (command: object) => d().api('POST', '/drydock/containers/cut/gate', command);
  for (const step of ['reach.clone3', 'reach.unshare-mnt', 'cp.open-root', 'cp.look', 'cp.send']) {
    await gate({ command: 'break', at: step });
    const copying = cp('cut:/etc/passwd', here('cut'));
    await until(`it stands at ${step}`, async () =>
      (await d().api('GET', '/drydock/containers/cut/journal')).body
        .split('\n')
        .slice(-3)
        .some((line) => line.includes('"at":"paused"') && line.includes(step)),
    );
    await d().kill9();
    assert.is.not((await copying).code, 0);
    await d().start();
    await sameAs(before, d(), step);
  }
  assert.not.ok(existsSync(here('cut')));
  assert.is((await d().cli('start', 'cut')).code, 0);
  await d().ok('rm', '-f', 'cut');
});

s.test('a start waits until the files of a stopped container have been copied', async () => {
  await d().ok('create', '--name', 'held', '--network', 'none', 'tiny', 'sleep', '1000');
  await d().api('POST', '/drydock/containers/held/gate', { command: 'break', at: 'cp.send' });
  const copying = cp('held:/etc/second', here('second'));
  interface Shown {
    id: string;
    kind: string;
    state: string;
  }
  const { id } = await until('the copy is held', async () => {
    const found = (await d().json<Shown[]>('/drydock/operations')).find(({ kind }) => kind === 'cp');
    const body = (await d().api('GET', '/drydock/containers/held/journal')).body;
    return found && body.includes('"at":"paused"') ? found : undefined;
  });
  const starting = d().cli('start', 'held');
  await until('the start has been asked for', async () => (await d().api('GET', '/_ping')).status === 200);
  assert.match(await d().ok('ps', '-a', '--filter', 'name=held'), /Created/);
  await d().ok('gate', id, 'continue');
  assert.equal([(await copying).code, (await starting).code], [0, 0]);
  assert.is(readFileSync(here('second'), 'utf8'), 'second\n');
  assert.match(await d().ok('ps', '--filter', 'name=held'), /Up/);
  await d().ok('rm', '-f', 'held');
});

s.test.run();
