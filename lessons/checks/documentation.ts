/** The table of checks in lessons/README.md, generated from the checks. */
import { checks } from './table.ts';

const cell = (text: string) => `\`${text.replaceAll('|', '\\|')}\``;
export const checksTable = (): string =>
  [
    '| check | argument | about | seen in |',
    '|---|---|---|---|',
    ...Object.entries(checks).map(
      ([name, { arg, host, live }]) =>
        `| ${cell(name)} | ${cell(arg.doc)} | ${host ? 'the machine' : 'a container'} | ${live ? 'the kernel' : 'the journal, the API'} |`,
    ),
  ].join('\n');
