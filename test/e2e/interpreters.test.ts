import * as assert from 'uvu/assert';
import { readFileSync } from 'node:fs';
import { busyboxImage } from './busybox-image.ts';
import { clients } from './daemon.ts';
import { site } from './site.ts';

const s = await site('programs whose interpreter is missing', { images: [] });
const script = (name: string, content: string | Buffer) => ({ name: `s/${name}`, content, mode: 0o755 });
let image = '';
s.test.before(async () => {
  image = await busyboxImage(s.daemon, 'interpreters', {
    entries: [
      { name: 's/', type: '5' },
      script('dos', '#!/bin/sh\r\necho hi\r\n'),
      script('python', '#!/usr/bin/python3 -u\nprint()\n'),
      script('odd', '#! /no/\x1b[31mred\n'),
      script('good', '#!/bin/sh\necho good\n'),
      script('dynamic', readFileSync('/bin/ls')),
    ],
  });
});

for (const [name, message] of [
  [
    'dos',
    /exec: "\/s\/dos": the interpreter "\/bin\/sh\\r" in its first line is missing in the container \(the line ends in a carriage return.*no such file or directory/,
  ],
  [
    'python',
    /exec: "\/s\/python": the interpreter "\/usr\/bin\/python3" in its first line is missing in the container: no such file or directory/,
  ],
  ['odd', /the interpreter "\/no\/(\\u001b|\\\\u001b)\[31mred" in its first line is missing/],
  [
    'dynamic',
    /exec: "\/s\/dynamic": the loader that this dynamic program needs is missing in the container: no such file or directory/,
  ],
] as const) {
  s.test(`${name}: it is said which, with the exit code 127, in run, with --init, and in exec`, async () => {
    for (const client of clients) {
      for (const flags of name === 'dynamic' ? [[]] : [[], ['--init']]) {
        const { code, out, err } = await s.daemon.client(client, ['run', '--rm', ...flags, image, `/s/${name}`]);
        assert.match(err, message, client);
        assert.is(code, 127, `${client} ${flags.join()}: ${err}${out}`);
      }
    }
    await s.daemon.ok('run', '-d', '--name', 'into', image, 'sleep', '60');
    const { out, err } = await s.daemon.docker('exec', 'into', `/s/${name}`);
    assert.match(`${out}${err}`, message);
    await s.daemon.ok('rm', '-f', 'into');
  });
}

s.test('a script whose interpreter is there runs, with --init too', async () => {
  for (const flags of [[], ['--init']]) assert.is(await s.daemon.ok('run', '--rm', ...flags, image, '/s/good'), 'good');
});

s.test.run();
