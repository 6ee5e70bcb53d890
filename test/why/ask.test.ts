import * as assert from 'uvu/assert';
import { ApiError, notFound } from '../../runtime/errors/api-error.ts';
import type { Kernel } from '../../runtime/kernel/kernel.ts';
import type { Known } from '../../runtime/network/why/known.ts';
import { askWhy } from '../../runtime/network/why/ask.ts';
import { suite } from '../harness.ts';

const test = suite('questions that wait for their turn');

const statusOf = (asked: Promise<unknown>): Promise<number> =>
  asked.then(
    () => 200,
    (error: ApiError) => error.status,
  );

test('they are bounded, and one that was answered makes room', async () => {
  const known = (): Known => {
    throw notFound('no such container');
  };
  const ask = () => statusOf(askWhy({} as Kernel, known, 'a', 'b:80'));
  const statuses = await Promise.all(Array.from({ length: 100 }, ask));
  assert.equal([...new Set(statuses)], [404, 503]);
  assert.is(statuses.filter((status) => status === 503).length, 36);
  assert.is(await ask(), 404);
});

test.run();
