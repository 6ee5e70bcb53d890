/** Why A reaches B, or does not: runtime/network/why. One question at a time, because each sends packets. */
import { daemonKernel } from '../../../runtime/kernel/linux/linux.ts';
import { why } from '../../../runtime/network/why/why.ts';
import type { Report } from '../../../runtime/network/why/report.ts';
import { badParameter } from '../../../runtime/errors/api-error.ts';
import { readJson } from '../http/body.ts';
import type { Exchange, Routes } from '../http/route.ts';

const LONGEST = 2048;

const text = (value: unknown, name: string): string => {
  if (typeof value !== 'string' || !value || value.length > LONGEST)
    throw badParameter(`${name} must be a text, got ${JSON.stringify(value)?.slice(0, 40)}`);
  return value;
};

async function answer({ engine, req }: Exchange): Promise<() => Promise<Report>> {
  const { from, to } = await readJson(req);
  const [asker, target] = [text(from, 'from'), text(to, 'to')];
  return () => {
    const known = engine.containers().map(({ container, state: { status } }) => ({ container, status }));
    return why(daemonKernel(), known, asker, target);
  };
}

export function whyRoutes(): Routes {
  let last: Promise<unknown> = Promise.resolve();
  return {
    'POST /drydock/why': async (x) => {
      const begin = await answer(x);
      const report = last.then(begin);
      last = report.catch(() => undefined);
      return report;
    },
  };
}
