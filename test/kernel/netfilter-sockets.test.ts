import { existsSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { borrowNetfilter, returnNetfilter } from '../../runtime/kernel/linux/netfilter-sockets.ts';
import { suite } from '../harness.ts';
import { until } from '../until.ts';

const test = suite('the netfilter sockets of the daemon');

test('a returned socket is given to the next caller, and no two callers have the same one', () => {
  const [one, other] = [borrowNetfilter(), borrowNetfilter()];
  assert.is.not(one, other);
  returnNetfilter(one, true);
  assert.is(borrowNetfilter(), one);
  returnNetfilter(one, true);
  returnNetfilter(other, true);
});

test('a socket with replies that nobody read is closed, and not given to another caller', async () => {
  const fd = borrowNetfilter();
  returnNetfilter(fd, false);
  await until('the descriptor is closed', () => !existsSync(`/proc/self/fd/${fd}`));
  assert.not.ok(existsSync(`/proc/self/fd/${fd}`));
});

test('not more than four are kept open', async () => {
  const borrowed = Array.from({ length: 7 }, borrowNetfilter);
  assert.is(new Set(borrowed).size, 7);
  for (const fd of borrowed) returnNetfilter(fd, true);
  const open = () => borrowed.filter((fd) => existsSync(`/proc/self/fd/${fd}`)).length;
  await until('the others are closed', () => open() <= 4);
  assert.is(open(), 4);
});

test.run();
