import { buildSpec } from '../../container/bundle.ts';
import { AT_FDCWD, O } from '../../syscalls/constants.ts';
import { tolerate } from '../../kernel/errors.ts';
import { shimLives } from '../../kernel/process/shim.ts';
import { linkEnvironment } from '../../container/link-environment.ts';
import { checkBreakable, leaveOutOf, leftOut } from '../../container/leave-out.ts';
import type { Step } from '../../container/step.ts';
import { readBundleStep } from './read-bundle.ts';

const undo: Step['undo'] = async (k, c) => {
  // its pid file is the only way to find the shim
  if (shimLives(c.paths.runDir)) throw new Error(`the shim whose pid is in ${c.paths.runDir}/shim.pid still runs`);
  await k.removeTree(c.paths.runDir);
};
const inspect: Step['inspect'] = async (_k, c) => [
  {
    title: 'config.json',
    lines: JSON.stringify(c.spec?.process ?? {}, null, 1)
      .split('\n')
      .slice(0, 40),
  },
];

export const configSteps: Step[] = [
  {
    id: 'create.merge-config',
    title: 'Merge image and flags into config.json',
    explain: `An image brings defaults (command, environment, user, directory); the command line overrides them; together they become one \`config.json\`.
From here on nothing looks at flags any more: the OCI runtime specification's \`config.json\` says everything that the kernel is about to be asked for,
and any OCI runtime could start this container from it. Without it each later step would have to know every flag of every client.
See the OCI runtime specification, "Configuration".`,
    when: (c) => c.bundle === undefined,
    async do(k, c) {
      if (!c.image) throw new Error(`image ${c.request.Image} was not resolved before create`);
      checkBreakable(c.request, c.image);
      c.spec = leaveOutOf(buildSpec(c, c.image, linkEnvironment(c)), c.request);
      await tolerate(['EEXIST'], k.daemon.mkdirat(AT_FDCWD, c.paths.runDir, 0o700));
      await k.daemon.write_file(c.paths.config, O.O_CREAT | O.O_TRUNC, 0o600, JSON.stringify(c.spec, null, 1));
      k.fact({ kind: 'file', key: 'config.json', value: c.paths.config });
      if (leftOut(c.request).length) k.fact({ kind: 'security', key: 'left out', value: leftOut(c.request).join(' ') });
    },
    undo,
    inspect,
  },
  { ...readBundleStep, undo, inspect },
];
