/** Images and builds, as the store and the journals of builds have them. */
import { kind, type Family } from './check.ts';
import { compare, either, number, object, oneOf, op, optional, path, pattern, text } from './shape.ts';

const works = { save: 'saved', load: 'loaded', verify: 'verified' } as const;
const worksRu = { save: 'записан в архив', load: 'загружен из архива', verify: 'проверен' } as const;

export const image: Family = {
  'image.exists': kind({
    live: true,
    host: true,
    arg: text('image'),
    says: (name) => ({ en: `there is an image ${name}`, ru: `есть образ ${name}` }),
    holds: (name, _, { things }) => things.image(name) !== undefined,
  }),
  'image.has': kind({
    live: true,
    host: true,
    arg: object({ image: text('image'), path }),
    says: ({ image: name, path: p }) => ({ en: `the image ${name} has ${p}`, ru: `в образе ${name} есть ${p}` }),
    holds: async ({ image: name, path: p }, _, { things }) => (await things.inImage(name, p)).seen,
  }),
  'image.buried': kind({
    live: true,
    host: true,
    arg: object({ image: text('image'), path }),
    says: ({ image: name, path: p }) => ({
      en: `a layer of ${name} has ${p}, and the image does not show it`,
      ru: `в одном из слоёв ${name} есть ${p}, а в самом образе этого не видно`,
    }),
    holds: async ({ image: name, path: p }, _, { things }) => {
      const { seen, layers } = await things.inImage(name, p);
      return !seen && layers > 0;
    },
  }),
  'image.layers': kind({
    live: true,
    host: true,
    arg: object({ image: text('image'), op, value: number }),
    says: ({ image: name, op: by = '=', value }) => ({
      en: `the image ${name} has ${by === '=' ? '' : `${by} `}${value} layers`,
      ru: `слоёв в образе ${name}: ${by === '=' ? '' : `${by} `}${value}`,
    }),
    holds: ({ image: name, op: by, value }, _, { things }) => {
      const found = things.image(name);
      return found !== undefined && compare(found.layers.length, by, value);
    },
  }),
  'image.made': kind({
    live: true,
    host: true,
    arg: object({ image: text('image'), by: pattern('by') }),
    says: ({ image: name, by }) => ({ en: `${by} has made ${name}`, ru: `образ ${name} создан командой ${by}` }),
    holds: ({ image: name, by }, _, { things }) =>
      things.image(name)?.config.history?.some(({ created_by: one = '' }) => new RegExp(by).test(one)) === true,
  }),
  'image.pushed': kind({
    live: true,
    host: true,
    arg: object({ image: text('image'), blobs: optional(object({ op, value: number }, 'value')) }, 'image'),
    says: ({ image: name, blobs }) => ({
      en: `${name} was pushed${blobs ? `, and ${blobs.op ?? ''} ${blobs.value} blobs were sent` : ''}`,
      ru: `${name} отправлен в реестр${blobs ? `, передано блобов: ${blobs.op ?? ''} ${blobs.value}` : ''}`,
    }),
    holds: async ({ image: name, blobs }, _, { things }) =>
      (await things.pushes(name)).some((sent) => !blobs || compare(sent, blobs.op, blobs.value)),
  }),
  'image.work': kind({
    live: true,
    host: true,
    arg: object({
      kind: oneOf<keyof typeof works>('kind', ['save', 'load', 'verify']),
      image: optional(text('image')),
      failed: optional(either),
    }),
    says: ({ kind: of, image: name, failed = false }) => ({
      en: `${name ?? 'an image'} was ${failed ? 'not ' : ''}${works[of]}${failed ? ': it failed' : ''}`,
      ru: `${name ?? 'образ'} ${failed ? 'не ' : ''}${worksRu[of]}${failed ? ': ошибка' : ''}`,
    }),
    holds: ({ kind: of, image: name, failed = false }, _, { things }) =>
      things.imageWork(of).some((one) => one.failed === failed && (!name || one.images.includes(name))),
  }),
  'build.done': kind({
    live: true,
    host: true,
    arg: object(
      {
        image: text('image'),
        kept: optional(pattern('kept')),
        ran: optional(pattern('ran')),
        failed: optional(either),
      },
      'image',
    ),
    says: ({ image: name, kept, ran, failed = false }) => ({
      en: `a build of ${name} has ${failed ? 'failed' : 'ended'}${kept ? `, with ${kept} out of the cache` : ''}${ran ? `, with ${ran} done anew` : ''}`,
      ru: `сборка ${name} ${failed ? 'не удалась' : 'закончилась'}${kept ? `, ${kept} взято из кеша` : ''}${ran ? `, ${ran} выполнено заново` : ''}`,
    }),
    holds: async ({ image: name, kept, ran, failed = false }, _, { things }) => {
      const some = (list: readonly string[], wanted: string | undefined) =>
        !wanted || list.some((one) => new RegExp(wanted).test(one));
      return (await things.builds(name)).some(
        (one) => one.failed === failed && some(one.kept, kept) && some(one.ran, ran),
      );
    },
  }),
};
