/**
 * All messages of the daemon are translated to Russian, and the table contains only messages that the daemon really
 * sends.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { packageRoot } from '../../../runtime/syscalls/native.ts';
import { evidenceWords, messageWords, toldTables, whyWords } from '../../../web/words/told.ts';
import { factWords } from '../../../web/words/tables/fact-words.ts';
import { suite } from '../../harness.ts';

const test = suite('what is told, in words');

const sources = ['runtime', 'server', 'lessons'].flatMap((dir) =>
  readdirSync(join(packageRoot, dir), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(packageRoot, dir, file), 'utf8')),
);
// commander's own messages are in its files.
const commander = ['command.js', 'error.js'].map((file) =>
  readFileSync(join(packageRoot, 'node_modules/commander/lib', file), 'utf8'),
);
const text = [...sources, ...commander].join('\n').replaceAll("\\'", "'").replaceAll('\\`', '`');
const lines = text.split('\n');

test('each English sentence is one that the daemon says', () => {
  // The parts between the placeholders are on one line of the source; if the message is put together from several
  // lines, each long part occurs somewhere.
  const said = (english: string) => {
    const parts = english
      .split(/\{\*?\}/)
      .map((part) => part.replace(/^; /, '').trim())
      .filter((part) => part.length > 1);
    const long = parts.filter((part) => part.length > 8);
    return (
      lines.some((line) => parts.every((part) => line.includes(part))) ||
      (long.length > 0 && long.every((part) => text.includes(part)))
    );
  };
  assert.equal(
    [...toldTables.messages, ...toldTables.evidence, ...toldTables.why]
      .map(([english]) => english)
      .filter((english) => !said(english)),
    [],
  );
});

test('each has an answer in Russian with the same holes, and none stands behind another that takes its sentences', () => {
  for (const rows of Object.values(toldTables)) {
    for (const [english, russian] of rows) {
      assert.match(russian, /[А-Яа-яЁё]{2}/, english);
      const holes = (english.match(/\{\*?\}/g) ?? []).map((_, j) => `{${j + 1}}`);
      assert.equal(
        (russian.match(/\{\d\}/g) ?? []).filter((hole) => !holes.includes(hole)),
        [],
        english,
      );
    }
    assert.is(new Set(rows.map(([english]) => english)).size, rows.length);
  }
  const filled = (pattern: string) => pattern.replaceAll('{*}', 'X').replace(/\{\}/g, 'X');
  const inRussian = (pattern: string) => pattern.replace(/\{\d\}/g, 'X');
  assert.equal(
    toldTables.messages
      .filter(([english, russian]) => messageWords('ru', filled(english)) !== inRussian(russian))
      .map(([english]) => english),
    [],
  );
  assert.equal(
    toldTables.evidence
      .filter(
        ([english, russian]) => evidenceWords('ru', { title: filled(english), lines: [] }).title !== inRussian(russian),
      )
      .map(([english]) => english),
    [],
  );
});

test('names stay, what is told within is said too, and what is not known stays as it is', () => {
  assert.is(messageWords('en', 'container x is not running'), 'container x is not running');
  assert.is(messageWords('ru', 'container x is not running'), 'контейнер x не работает');
  assert.is(
    messageWords('ru', 'container x is exited: limits are changed while it runs'),
    'контейнер x завершён: пределы меняют, пока он работает',
  );
  assert.is(
    messageWords('ru', 'invalid argument "12q" for "-m, --memory" flag: give a size like 64m or 1g'),
    'у параметра -m, --memory неверное значение 12q: нужен размер, например 64m или 1g',
  );
  assert.is(
    messageWords('ru', 'aborted before init.execve; everything was undone'),
    'прервано перед init.execve; всё сделанное отменено',
  );
  assert.is(messageWords('ru', 'an answer of a newer daemon'), 'an answer of a newer daemon');
  assert.is(messageWords('ru', 'step '.repeat(1000)), 'step '.repeat(1000));
});

test('the sentences of why are said within each other', () => {
  assert.is(
    whyWords(
      'ru',
      'web does not reach db:80: network back lets nothing pass that was not asked for from it, published, or on it: the rule `drop` in chain in of the nf_tables table ip br-1 drops it (hook forward, host)',
    ),
    'web не может соединиться с db:80: сеть back пропускает только ответы на свои запросы, опубликованные порты и свои пакеты: его отбрасывает правило `drop` цепочки in таблицы ip br-1 nf_tables (хук forward, host)',
  );
});

test('of what the kernel says our words are said, and the columns stay', () => {
  const given = {
    title: 'namespaces',
    lines: [
      'mnt    mnt:[4026531832]      shared with the host',
      'pid    pid:[4026532177]      its own (host: pid:[4026531836])',
    ],
  };
  assert.equal(evidenceWords('ru', given), {
    title: 'пространства имён',
    lines: [
      'mnt    mnt:[4026531832]      общее с хостом',
      'pid    pid:[4026532177]      своё (у хоста: pid:[4026531836])',
    ],
  });
  assert.equal(evidenceWords('en', given), given);
  assert.is(
    evidenceWords('ru', { title: 'routes, container', lines: ['default via 172.30.0.1 dev eth0'] }).title,
    'маршруты, контейнер',
  );
});

test('a fact is a sentence', () => {
  assert.is(factWords('en', { kind: 'ns', key: 'net', value: 'net:[1]' }), 'ns net is net:[1]');
  assert.is(factWords('ru', { kind: 'ns', key: 'net', value: 'net:[1]' }), 'ns net — net:[1]');
  assert.is(factWords('ru', { kind: 'link', key: 'host/veth is up', value: null }), 'link host/veth is up: больше нет');
});

test.run();
