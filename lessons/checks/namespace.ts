/**
 * Which namespaces the container's process has of its own, shares with the host, or shares with another container:
 * namespaces(7).
 */
import { namespaceKinds, namespaceOf } from '../../runtime/watch/process.ts';
import { kind, type Family } from './check.ts';
import { oneOf, some } from './shape.ts';

const which = some(oneOf('kind', namespaceKinds));

export const namespace: Family = {
  'ns.own': kind({
    live: true,
    arg: which,
    says: (kinds) => ({
      en: `it has its own namespaces: ${kinds.join(', ')}`,
      ru: `у него свои пространства имён: ${kinds.join(', ')}`,
    }),
    holds: (kinds, { state: { pid } }) =>
      pid > 0 && kinds.every((one) => ![namespaceOf('self', one), ''].includes(namespaceOf(pid, one))),
  }),
  'ns.shared': kind({
    live: true,
    arg: which,
    says: (kinds) => ({
      en: `it shares with the host: ${kinds.join(', ')}`,
      ru: `общие с хостом пространства имён: ${kinds.join(', ')}`,
    }),
    holds: (kinds, { state: { pid } }) =>
      pid > 0 && kinds.every((one) => namespaceOf(pid, one) === namespaceOf('self', one)),
  }),
  'ns.sameAs': kind({
    live: true,
    arg: which,
    says: (kinds) => ({
      en: `it shares with another container: ${kinds.join(', ')}`,
      ru: `общие с другим контейнером пространства имён: ${kinds.join(', ')}`,
    }),
    holds: (kinds, { id, state: { pid } }, { subjects }) =>
      pid > 0 &&
      subjects.some(
        (other) =>
          other.id !== id &&
          other.state.pid > 0 &&
          kinds.every(
            (one) =>
              namespaceOf(pid, one) !== '' &&
              namespaceOf(pid, one) === namespaceOf(other.state.pid, one) &&
              namespaceOf(pid, one) !== namespaceOf('self', one),
          ),
      ),
  }),
};
