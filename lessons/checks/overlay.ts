/** The content of the upperdir (overlayfs.rst): files that were written, copied up or removed. */
import { kind, type Family } from './check.ts';
import { path } from './shape.ts';

export const overlay: Family = {
  'overlay.upperHas': kind({
    live: true,
    arg: path,
    says: (p) => ({ en: `the upperdir has ${p}`, ru: `в upperdir есть ${p}` }),
    holds: async (p, { upper }) => ![undefined, 'whiteout'].includes(await upper(p)),
  }),
  'overlay.copiedUp': kind({
    live: true,
    arg: path,
    says: (p) => ({ en: `${p} has been copied up from a layer`, ru: `${p} скопирован вверх из слоя` }),
    holds: async (p, { upper, lower }) => ![undefined, 'whiteout'].includes(await upper(p)) && lower(p),
  }),
  'overlay.created': kind({
    live: true,
    arg: path,
    says: (p) => ({ en: `${p} is in the upperdir, and in no layer`, ru: `${p} есть в upperdir и нет ни в одном слое` }),
    holds: async (p, { upper, lower }) => ![undefined, 'whiteout'].includes(await upper(p)) && !(await lower(p)),
  }),
  'overlay.whiteout': kind({
    live: true,
    arg: path,
    says: (p) => ({ en: `a whiteout hides ${p}`, ru: `whiteout скрывает ${p}` }),
    holds: async (p, { upper }) => (await upper(p)) === 'whiteout',
  }),
  'overlay.opaque': kind({
    live: true,
    arg: path,
    says: (p) => ({ en: `${p} is an opaque directory`, ru: `${p} — непрозрачный (opaque) каталог` }),
    holds: async (p, { upper }) => (await upper(p)) === 'opaque',
  }),
};
