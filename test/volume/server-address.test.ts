/** The names of servers of files: a server of names that does not answer holds two threads, and no start for ever. */
import * as assert from 'uvu/assert';
import { addressOf } from '../../runtime/volume/local/server-address.ts';
import { suite } from '../harness.ts';

const test = suite('addresses of servers of files');
const why = (work: Promise<string>) =>
  work.then(
    (address) => `the address ${address}`,
    (error: Error) => error.message,
  );

test('a lookup without an answer is given up, and counts until its thread is free', async () => {
  const answers: ((address: string) => void)[] = [];
  const find = () => new Promise<string>((resolve) => void answers.push(resolve));
  const given = ['one', 'two'].map((name) => why(addressOf(name, { find, ms: 1 })));
  assert.is(await why(addressOf('three', { find })), 'lookup three: 2 other names are being looked up');
  assert.equal(await Promise.all(given), [
    'lookup one: no answer within 0.001 s',
    'lookup two: no answer within 0.001 s',
  ]);
  assert.match(await why(addressOf('three', { find })), 'lookup three: 2 other names');
  for (const answer of answers) answer('192.0.2.1');
  await new Promise(setImmediate); // the lookups end
  assert.is(await addressOf('four', { find: async () => '192.0.2.4' }), '192.0.2.4');
});

test('a name without an address is said to have none', async () => {
  assert.match(await why(addressOf('x', { find: () => Promise.reject(new Error('ENOTFOUND x')) })), 'ENOTFOUND x');
});

test.run();
