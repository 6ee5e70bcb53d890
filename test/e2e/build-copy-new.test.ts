/** COPY into a place that the image does not have becomes a layer without a container; the result is the same. */
import { chmodSync, linkSync, mkdirSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { buildSite } from './build-site.ts';

const { test, d, context, left } = await buildSite('copy into a new place');
const LIST =
  'cd $0 && find . | sort | while read f; do stat -c \'%n %F %a %u:%g %Y %h %s\' "$f"; readlink "$f"; done; cat a/*';

test('files, modes, links and times are those that COPY into a directory of the image gives', async () => {
  const dir = context({
    'tree/a/one': '1\n',
    'tree/a/run': '#!/bin/sh\n',
    'tree/b/two': '2\n',
    'tree/left.out': 'x\n',
    Dockerfile: `FROM base
RUN mkdir -p /old/deep /real && ln -s real /link && touch -d @7 /old/deep
COPY --exclude=*.out tree /new/deep
COPY --exclude=*.out tree /old/deep
COPY --exclude=*.out tree /link/sub
`,
  });
  const tree = join(dir, 'tree');
  chmodSync(join(tree, 'a/run'), 0o4751);
  chmodSync(join(tree, 'b'), 0o1777);
  linkSync(join(tree, 'a/one'), join(tree, 'a/same'));
  symlinkSync('../a/one', join(tree, 'b/to'));
  mkdirSync(join(tree, 'empty'));
  for (const name of ['a/one', 'a', 'b', 'empty']) utimesSync(join(tree, name), 1000, 1000);
  const { code, err } = await d.docker('build', '--target', '0', '-t', 'copied', dir);
  assert.is(code, 0, err);
  const list = (path: string) => d.ok('run', '--rm', '--network', 'none', 'copied', 'sh', '-c', LIST, path);
  const [isNew, old, linked] = [await list('/new/deep'), await list('/old/deep'), await list('/real/sub')];
  // the directory itself is made new in one place and not in the others
  const below = (text: string) => text.split('\n').slice(1);
  assert.equal(below(isNew), below(old));
  assert.equal(below(linked), below(old));
  assert.match(isNew, /^\. directory 755 0:0 /);
  assert.match(isNew, './a/run regular file 4751 0:0');
  assert.not.match(isNew, 'left.out');
  assert.equal(await left(), []);
});

test('a file on the way is still refused, and --chown gives the owner in a new place too', async () => {
  const wrong = context({ 'tree/a': 'a\n', Dockerfile: 'FROM base\nRUN touch /file\nCOPY tree /file/new\n' });
  const { code, err } = await d.docker('build', '-t', 'wrong', wrong);
  assert.is.not(code, 0);
  assert.match(err, 'cannot create a directory below /file');
  const owned = context({ 'tree/a': 'a\n', Dockerfile: 'FROM base\nCOPY --chown=7:8 tree /mine\n' });
  assert.is((await d.docker('build', '-t', 'owned', owned)).code, 0);
  assert.is(await d.ok('run', '--rm', '--network', 'none', 'owned', 'stat', '-c', '%u:%g', '/mine/a'), '7:8');
  assert.equal(await left(), []);
});

test('--chown with numbers is the owner in the first layer of an image, also of files of another stage', async () => {
  const dir = context({
    Dockerfile: `FROM base AS one
RUN mkdir /d && touch /d/a /d/b && chown 5:6 /d/a
FROM scratch
COPY --from=one --chown=7:8 /d /e
COPY --from=one --chown=0:0 /d /f/
FROM base
COPY --from=1 / /in
RUN stat -c '%n %u:%g' /in/e /in/e/a /in/e/b /in/f/a /in/f/b > /list
`,
  });
  const { code, err } = await d.docker('build', '-t', 'chowned', dir);
  assert.is(code, 0, err);
  const list = await d.ok('run', '--rm', '--network', 'none', 'chowned', 'cat', '/list');
  assert.is(list, '/in/e 7:8\n/in/e/a 7:8\n/in/e/b 7:8\n/in/f/a 0:0\n/in/f/b 0:0');
});

test.run();
