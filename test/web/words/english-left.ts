/**
 * Finds English on a page in another language: all visible and accessible texts, without names that have no
 * translation.
 */
import type { Page } from 'playwright-core';

/** Elements with words of the kernel, the container or the command line, and elements marked as English. */
const NAMES = 'code, kbd, pre, .xterm, body [lang=en], script, style, noscript, title';
const HEARD = [
  'aria-label',
  'aria-valuetext',
  'aria-description',
  'aria-roledescription',
  'title',
  'placeholder',
  'alt',
];

/** Every visible text and every accessible attribute, each once. */
const COLLECT = `(() => {
  const names = ${JSON.stringify(NAMES)};
  const found = new Set([document.title]);
  for (const element of document.body.querySelectorAll('*')) {
    if (element.closest(names) || !element.checkVisibility()) continue;
    for (const name of ${JSON.stringify(HEARD)}) if (element.hasAttribute(name)) found.add(element.getAttribute(name));
    for (const node of element.childNodes) if (node.nodeType === Node.TEXT_NODE && node.data.trim()) found.add(node.data.trim());
  }
  return [...found];
})()`;

/**
 * Tokens that are names in any language: a path, an option, a file, a step, a call, a digest; an image and its command.
 */
const isName = (token: string) => /[/_=@\\$<>{}[\]+#|~]|\d|^-|\w[.:]\w|\w\(|^\.\w|…/.test(token);
/** English technical terms without a Russian translation, longer ones first. */
const TERMS = [
  'Fork, exec, wait',
  'hosts, hostname',
  'default via',
  'related accept',
  'ct status dnat accept',
  'ubuntu',
  'docker',
  'drydock',
  'OCI runtime',
  'OOM killer',
  'Ctrl Shift Esc',
  'exec sh',
  'Perfetto',
  'pcap',
  'overlay',
  'upper',
  'lower',
  'merged',
  'work',
  'whiteout',
  'shim',
  'stage',
  'init',
  'bash',
  'sh',
  'veth',
  'cgroup',
  'seccomp',
  'pid',
  'inode',
];

/** Two or more adjacent Latin words are probably a sentence without a translation. */
export function runsOfEnglish(text: string, terms: readonly string[] = TERMS): string[] {
  // «Image Layer Filesystem Changeset»: the title of a specification's chapter.
  const bare = text
    .replace(/«[^»А-Яа-яЁё]*»/g, '·')
    .split(/\s+/)
    .map((token) => (isName(token.replace(/[.,;:!?)»]+$/, '')) ? '·' : token))
    .join(' ');
  const without = terms.reduce(
    (rest, term) => rest.replace(new RegExp(`(?<![\\w-])${term}(?![\\w-])`, 'g'), '·'),
    bare,
  );
  return (
    without
      .match(/[A-Za-z]{2,}(?:[-'’][A-Za-z]+)*(?: [A-Za-z]{2,}(?:[-'’][A-Za-z]+)*)+/g)
      ?.filter((run) => /[a-z]/.test(run)) ?? []
  );
}

/**
 * Returns lines `words: the text that contains them`. Texts of the journal (`told`) may appear unchanged; `names` are
 * those of this test.
 */
export async function englishLeft(page: Page, told = '', names: readonly string[] = []): Promise<string[]> {
  const texts = await page.evaluate<string[]>(COLLECT);
  const journal = told.replace(/\s+/g, ' ');
  return texts
    .flatMap((text) => text.split('\n'))
    .flatMap((text) =>
      runsOfEnglish(text, [...TERMS, ...names])
        .filter((run) => !journal.includes(run))
        .map((run) => (run === text ? run : `${run}: ${text.slice(0, 160)}`)),
    );
}
