/** The first step of a container that was made from a bundle: what config.json says, made complete. */
import { AT_FDCWD, O } from '../../syscalls/constants.ts';
import { tolerate } from '../../kernel/errors.ts';
import { readWhole } from '../../kernel/read-whole.ts';
import { CONFIG_MOST } from '../../container/open-bundle.ts';
import type { Step } from '../../container/step.ts';
import { readConfig } from '../../oci/config/read-config.ts';
import type { Resources } from '../../oci/spec.ts';
import { join } from 'node:path';

/** What an update changed replaces what config.json says, and the rest stays. */
const updated = (resources: Resources, { memory, cpu, pids, blockIO }: Omit<Resources, 'devices'>): Resources => ({
  ...resources,
  ...(memory && { memory: { ...resources.memory, ...memory } }),
  ...(cpu && { cpu: { ...resources.cpu, ...cpu } }),
  ...(pids && { pids }),
  ...(blockIO && { blockIO: { ...resources.blockIO, ...blockIO } }),
});

export const readBundleStep: Omit<Step, 'undo' | 'inspect'> = {
  id: 'create.read-bundle',
  title: "Read the bundle's config.json",
  explain: `A bundle is a directory with a file \`config.json\` and the files of the root. It says all that the kernel is about to be asked for, so that neither an image nor flags are needed: \`runc spec\` writes one.
The file is read as it was when the container was created, and every field is checked: what the specification does not allow, and what would be asked for in vain, ends the start here. Then the paths become absolute, the control group and the rules for the usual devices are added, and limits that \`update\` has changed replace those of the file.
Without the check a start would fail in the middle, or, worse, a limit would silently not hold. See the OCI runtime specification, "Filesystem Bundle" and "Configuration".`,
  when: (c) => c.bundle !== undefined,
  async do(k, c) {
    const { dir = '', root = '', limits = {} } = c.bundle ?? {};
    const text = (await readWhole(k.daemon, c.paths.bundle, CONFIG_MOST)).toString('utf8');
    const spec = readConfig(text, join(dir, 'config.json'), dir);
    c.spec = {
      ...spec,
      root: { ...spec.root, path: root },
      linux: { ...spec.linux, resources: updated(spec.linux.resources, limits), cgroupsPath: c.cgroup.path },
    };
    await tolerate(['EEXIST'], k.daemon.mkdirat(AT_FDCWD, c.paths.runDir, 0o700));
    await k.daemon.write_file(c.paths.config, O.O_CREAT | O.O_TRUNC, 0o600, JSON.stringify(c.spec, null, 1));
    k.fact({ kind: 'file', key: 'config.json', value: c.paths.config });
  },
};
