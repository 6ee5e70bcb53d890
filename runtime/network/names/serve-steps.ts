/** The steps that give a container a name server. */
import type { Step } from '../../operation/step.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Connected } from '../driver.ts';
import { redirectEvidence, redirectNames, removeRedirect } from './redirect.ts';
import { nameServerEvidence, servesNames } from './serve.ts';
import { endNameServer } from './server-process.ts';
import { serveNames } from './write-files.ts';

/** An undo also runs for steps that did not apply. */
const ifServed =
  (undo: (k: Kernel, c: Connected) => Promise<void>) =>
  async (k: Kernel, c: Connected): Promise<void> => {
    if (servesNames(c)) await undo(k, c);
  };

export const serve: Step<Connected> = {
  id: 'network.serve-names',
  title: 'Start the name server',
  when: servesNames,
  explain: `A small process answers at 127.0.0.11 inside the container: names, aliases and short ids of all containers on its networks, as they are now.

The daemon opens the sockets in the container's network namespace with setns(2) and passes them on; what belongs to which name stands in files that the daemon
replaces at each change, and the process asks for their inodes at each query. So names go on working while the daemon is dead. Every other name is asked of the host's servers,
from the host's namespace, so that a server on the host's loopback works; those of \`--dns\` are asked from the container's. The process has no rights and is locked into
the directory of the tables, because its input comes from the container. It ends with the container's first process. See resolver(3), setns(2), RFC 1035.`,
  do: serveNames,
  undo: ifServed(endNameServer),
  inspect: nameServerEvidence,
};

export const redirect: Step<Connected> = {
  id: 'network.lead-names',
  title: 'Lead port 53 to it',
  when: servesNames,
  explain: `Rules inside the container's network namespace write another port into packets for 127.0.0.11, port 53: that of the name server. Answers get port 53 back.

The server does not bind port 53 itself, because bind(2) of 0.0.0.0:53 would then fail for a name server that runs in the container. The rules change the packets one by
one; rewriting by connection tracking would also do, but it keeps an entry for each query for half a minute. Without the rules every lookup would wait in vain. See nft(8),
"PAYLOAD STATEMENT".`,
  do: redirectNames,
  undo: ifServed(removeRedirect),
  inspect: redirectEvidence,
};
