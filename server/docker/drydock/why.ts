/** Why A reaches B, or does not: runtime/network/why. */
import { daemonKernel } from '../../../runtime/kernel/linux/linux.ts';
import { askWhy } from '../../../runtime/network/why/ask.ts';
import { knownTo } from '../../messages/known-to.ts';
import { readJson } from '../http/body.ts';
import type { Routes } from '../http/route.ts';

export const whyRoutes: Routes = {
  'POST /drydock/why': async ({ engine, req }) => {
    const { from, to, six } = await readJson(req);
    return askWhy(daemonKernel(), knownTo(engine), from, to, six === true);
  },
};
