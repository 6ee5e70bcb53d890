/**
 * `npm run fuzz [INPUTS] [TARGET …]`: this many inputs for each target (default: a million); prints the count, the time
 * and the failures of each.
 */
import { targets } from './targets.ts';

const [first = '1000000', ...names] = process.argv.slice(2);
const inputs = Number(first);
if (!Number.isSafeInteger(inputs) || inputs < 1) throw new Error(`invalid number of inputs ${JSON.stringify(first)}`);
const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
console.log(`seed ${seed}`);

for (const { name, search } of targets.filter((t) => !names.length || names.some((part) => t.name.includes(part)))) {
  const begun = Date.now();
  const { inputs: done, message } = search(inputs, seed);
  console.log(
    `${name.padEnd(26)} ${String(done).padStart(8)} inputs  ${((Date.now() - begun) / 1000).toFixed(1).padStart(7)} s  ${message ? `FOUND\n${message}` : 'nothing found'}`,
  );
  if (message) process.exitCode = 1;
}
for (const { close } of targets) close?.();
