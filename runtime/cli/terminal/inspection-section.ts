/** Prints what the kernel reports about a container as sections of text. */
import { shortened } from '../../journal/line.ts';
import { visible } from '../../journal/visible.ts';
import type { InspectionSection } from '../../journal/inspection-section.ts';

const text = (line: string) => visible(shortened(line).replaceAll('\t', '  '));

export const evidenceText = (sections: readonly InspectionSection[]): string =>
  sections
    .map(({ title, lines }) =>
      [text(title), ...(lines.length ? lines : ['(nothing)']).map((line) => `  ${text(line)}`)].join('\n'),
    )
    .join('\n\n');

/** All sections together are about two hundred lines, so each topic has a key. */
export const views: readonly { key: string; name: string; titles: RegExp }[] = [
  { key: 'n', name: 'namespaces', titles: /^(namespaces|root directory|process(es)?)\b/i },
  { key: 'm', name: 'mounts', titles: /^mounts\b/i },
  { key: 'c', name: 'cgroup', titles: /cgroup/i },
  { key: 'l', name: 'network', titles: /^(links|addresses|routes|neighbours|nf_tables|nftables|network)\b/i },
  { key: 'u', name: 'upper dir', titles: /^upper/i },
  { key: 'r', name: 'rights', titles: /^rights\b/i },
  { key: 'a', name: 'all', titles: /^/ },
];
