import * as assert from 'uvu/assert';
import { suite } from './harness.ts';
import { aloneIn, longestFirst, shuffled } from './order.ts';

const test = suite('the order of the test files');
const short = Array.from({ length: 50 }, (_, n) => `server/file${n}.test.js`);

test('a seed gives the same order again, and another seed another one', () => {
  assert.equal(shuffled(short, 7), shuffled(short, 7));
  assert.not.equal(shuffled(short, 7), shuffled(short, 8));
  assert.equal([...shuffled(short, 7)].sort(), [...short].sort());
});

test('long files begin before short ones, virtual machines before all others', () => {
  const long = ['e2e/sweep/kill.test.js', 'vm/cgroup1.test.js', 'lessons/course.test.js', 'vm/cgroup2.test.js'];
  for (let seed = 0; seed < 20; seed++) {
    const order = longestFirst([...short, ...long], seed);
    assert.equal(order.slice(0, 2).sort(), ['vm/cgroup1.test.js', 'vm/cgroup2.test.js']);
    assert.equal(order.slice(2, 4), ['lessons/course.test.js', 'e2e/sweep/kill.test.js']);
    assert.equal(
      order.slice(4),
      shuffled([...short, ...long], seed).filter((file) => short.includes(file)),
    );
  }
});

test('two virtual machines never run at a time, nor two installations; other files do', () => {
  assert.equal(['vm/cgroup1.test.js', 'nodes/node22.test.js', 'server/wire.test.js'].map(aloneIn), ['vm', 'nodes', '']);
});

test.run();
