/** A short run of `npm run fuzz` with a new seed each time; a failure prints the seed and the smallest input. */
import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { targets } from './targets.ts';

const test = suite('fuzz', 'root');
test.after(() => targets.forEach(({ close }) => close?.()));

for (const { name, search } of targets) {
  test(`${name}: whatever comes in, what comes out is a value or a refusal in its own words`, () => {
    const { message } = search(1500);
    assert.is(message, undefined, message);
  });
}

test.run();
