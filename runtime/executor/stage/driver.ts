/**
 * stage: Drydock's own executor. The shim clones the stage (native/stage.c), which executes one operation at a time for
 * the daemon, inside the namespaces, and becomes the program.
 */
import type { Container, Exec } from '../../container/container.ts';
import type { Executor } from '../driver.ts';
import { openCgroupSteps } from './create/cgroup.ts';
import { namespaceSteps } from './create/namespaces.ts';
import { processSteps } from './create/process.ts';
import { volumeMountsStep } from './create/volume-mounts.ts';
import { exec } from './exec.ts';
import { deviceSteps } from './init/devices.ts';
import { filesystemSteps } from './init/filesystems.ts';
import { identitySteps } from './init/identity.ts';
import { joinedPidSteps } from './init/joined-pid.ts';
import { pathSteps } from './init/paths.ts';
import { programSteps } from './init/program.ts';
import { restoreSteps, unlessRestored } from './init/restore.ts';
import { rightsSteps } from './init/rights.ts';
import { rootSteps } from './init/root.ts';
import { terminalSteps } from './init/terminal.ts';
import { workingDirectorySteps } from './init/working-directory.ts';

export const stage: Executor<Container, Exec> = {
  name: 'stage',

  create: [
    ...openCgroupSteps.make,
    ...processSteps,
    ...openCgroupSteps.enter,
    volumeMountsStep('create.mount-volumes'),
    ...namespaceSteps,
  ],

  init: [
    ...restoreSteps,
    ...unlessRestored([
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
    ]),
  ],

  exec,
};
