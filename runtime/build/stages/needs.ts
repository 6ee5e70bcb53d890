/** Which earlier stages a stage names: as its base, and in --from of COPY and of mounts. */
import type { Instruction, Stage } from '../dockerfile/parse.ts';

/** What --from of an instruction names, as it stands there. */
export const fromsOf = ({ flags, repeated }: Instruction): string[] => [
  ...(flags.get('from') === undefined ? [] : [flags.get('from')!]),
  ...repeated.flatMap(([, value]) => /(?:^|,)from=([^,]+)/.exec(value)?.[1] ?? []),
];

/** The earlier stage of this name or number; -1 when it is none, but an image. */
export function stageIndex(stages: readonly { name?: string }[], index: number, from: string): number {
  const named = stages.slice(0, index).findLastIndex(({ name }) => name === from.toLowerCase());
  if (named >= 0) return named;
  return /^\d{1,6}$/.test(from) && Number(from) < index ? Number(from) : -1;
}

/** `base`: of the stage, expanded; it is no number. `isContext`: the client has given this name to something else. */
export function needsOf(
  stages: readonly Stage[],
  index: number,
  base: string,
  isContext: (name: string) => boolean,
): number[] {
  const { instructions } = stages[index]!;
  const named = [...(/^\d+$/.test(base) ? [] : [base]), ...instructions.flatMap(fromsOf)];
  return [...new Set(named.filter((name) => !isContext(name)).map((from) => stageIndex(stages, index, from)))].filter(
    (one) => one >= 0,
  );
}

/** The stages that the last one needs, itself included, in their order. */
export function neededBy(needs: readonly (readonly number[])[]): number[] {
  const wanted = new Set([needs.length - 1]);
  for (let index = needs.length - 1; index >= 0; index--)
    if (wanted.has(index)) for (const one of needs[index]!) wanted.add(one);
  return [...wanted].sort((one, other) => one - other);
}
