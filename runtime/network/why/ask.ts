/** Questions of all clients, one after another, because each sends packets and has the only link dd-why0. */
import { ApiError, badParameter } from '../../errors/api-error.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Known } from './known.ts';
import type { Report } from './report.ts';
import { why } from './why.ts';

/** The most characters of a place or a target. A URL of a browser is shorter. */
const LONGEST = 2048;

/** A question takes up to seconds, and it is answered also when its client has gone. */
const WAITING_MOST = 64;

const text = (value: unknown, name: string): string => {
  if (typeof value !== 'string' || !value || value.length > LONGEST)
    throw badParameter(`${name} must be a text, got ${JSON.stringify(value)?.slice(0, 40)}`);
  return value;
};

let last: Promise<unknown> = Promise.resolve();
let waiting = 0;

/** `known` is read when the question's turn comes. Throws 400 and 404 as `why` does, and 503. */
export async function askWhy(k: Kernel, known: () => Known, from: unknown, to: unknown, six = false): Promise<Report> {
  const [asker, target] = [text(from, 'from'), text(to, 'to')];
  if (waiting >= WAITING_MOST) throw new ApiError(503, `${waiting} questions are waiting already`);
  waiting++;
  const report = last.then(() => why(k, known(), asker, target, six)).finally(() => waiting--);
  last = report.catch(() => undefined);
  return report;
}
