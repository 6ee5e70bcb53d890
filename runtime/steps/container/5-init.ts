/**
 * init: prepares everything that a Linux program expects of its root, changes the root, drops one right after another,
 * and calls execve(2).
 */
import { deviceSteps } from './init/devices.ts';
import { filesystemSteps } from './init/filesystems.ts';
import { identitySteps } from './init/identity.ts';
import { joinedPidSteps } from './init/joined-pid.ts';
import { pathSteps } from './init/paths.ts';
import { programSteps } from './init/program.ts';
import { rightsSteps } from './init/rights.ts';
import { rootSteps } from './init/root.ts';
import { terminalSteps } from './init/terminal.ts';
import { workingDirectorySteps } from './init/working-directory.ts';
import type { Phase } from '../../container/step.ts';

export const init: Phase = {
  id: 'init',
  title: 'Become the program',
  steps: [
    ...filesystemSteps,
    ...deviceSteps.nodes,
    ...workingDirectorySteps.make,
    ...rootSteps.exchange,
    ...joinedPidSteps.proc,
    ...rootSteps.chroot,
    ...identitySteps.name,
    ...pathSteps,
    ...rootSteps.seal,
    // a new user namespace begins with a full bounding set, so the set is narrowed after that
    ...terminalSteps,
    ...rightsSteps.limits,
    ...identitySteps.namespace,
    ...rightsSteps.bounding,
    ...identitySteps.user,
    ...programSteps.find,
    ...rightsSteps.last,
    ...joinedPidSteps.enter,
    ...programSteps.execute,
  ],
};
