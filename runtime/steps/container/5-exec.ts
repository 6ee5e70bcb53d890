/**
 * exec: prepares everything that a Linux program expects of its root, changes the root, drops one right after another,
 * and calls execve(2).
 */
import { deviceSteps } from './exec/devices.ts';
import { filesystemSteps } from './exec/filesystems.ts';
import { identitySteps } from './exec/identity.ts';
import { joinedPidSteps } from './exec/joined-pid.ts';
import { pathSteps } from './exec/paths.ts';
import { programSteps } from './exec/program.ts';
import { rightsSteps } from './exec/rights.ts';
import { rootSteps } from './exec/root.ts';
import { terminalSteps } from './exec/terminal.ts';
import { workingDirectorySteps } from './exec/working-directory.ts';
import type { Phase } from '../../container/step.ts';

export const exec: Phase = {
  id: 'exec',
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
