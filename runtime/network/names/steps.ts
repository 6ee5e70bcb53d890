/** The steps that write the files in which programs of the container look up names. */
import type { Step } from '../../operation/step.ts';
import type { Connected } from '../driver.ts';
import { redirect, serve } from './serve-steps.ts';
import {
  fileEvidence,
  removeFile,
  removeResolvConf,
  writeHostname,
  writeHosts,
  writeResolvConf,
} from './write-files.ts';

/** Also the step that adds a line when a running container is connected: phase/connect.ts. */
export const writeHostsFile: Step<Connected> = {
  id: 'network.write-hosts',
  title: 'Write /etc/hosts',
  explain: `Names that need no name server: localhost, the container's own name, and those of \`--add-host\` and \`--link\`.

It is written on the host and mounted over the image's file later, so that the image stays as it is. With \`--network host\` it begins with the host's
file, with \`container:ID\` it is the same file as the other container's. Many programs look up their own host name and fail without it. See hosts(5).`,
  do: writeHosts,
  undo: (k, c) => removeFile(k, c, 'hosts'),
  inspect: fileEvidence('hosts'),
};

const writeHostnameFile: Step<Connected> = {
  id: 'network.write-hostname',
  title: 'Write /etc/hostname',
  explain: `The container's name for programs that read the file; the kernel gets it from sethostname(2) in the init phase.

The two must agree, or programs see two names. Nothing else reads this file here, as there is no init that sets the name at boot. See hostname(5).`,
  do: writeHostname,
  undo: (k, c) => removeFile(k, c, 'hostname'),
  inspect: fileEvidence('hostname'),
};

/** Also the step that leads a running container to its first name server: phase/connect.ts. */
export const writeResolvConfFile: Step<Connected> = {
  id: 'network.write-resolv-conf',
  title: 'Write /etc/resolv.conf',
  explain: `Where to ask for names: the servers of \`--dns\`, or those that the host uses.

On a network that a user made it is the container's own name server, 127.0.0.11, and the comments at the end name the servers that it asks. On the default bridge
servers on the host's loopback (127.0.0.53 is systemd-resolved) are left out, because in the container's namespace that address is the container itself;
when none is left, public ones are named and a comment says so. Without the file every lookup is sent to 127.0.0.1 and fails. See resolv.conf(5).`,
  do: writeResolvConf,
  undo: removeResolvConf,
  inspect: fileEvidence('resolvConf'),
};

export const nameSteps: readonly Step<Connected>[] = [
  writeHostsFile,
  writeHostnameFile,
  writeResolvConfFile,
  serve,
  redirect,
];
