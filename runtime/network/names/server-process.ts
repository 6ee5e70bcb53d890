/** The process of a container's name server: native/name-server.c. */
import { existsSync } from 'node:fs';
import { AT_FDCWD } from '../../syscalls/constants.ts';
import { tolerate } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Connected } from '../driver.ts';
import { endHelper, helperPid, type Helper } from '../helper-process.ts';
import { namesDirectory } from './table.ts';

type Served = Pick<Connected, 'id' | 'live' | 'paths' | 'settings'>;

export const pidFile = ({ paths }: Pick<Served, 'paths'>): string => `${paths.runDir}/names.pid`;
export const tableFile = ({ id, settings }: Pick<Served, 'id' | 'settings'>): string =>
  `${namesDirectory(settings.execRoot)}/${id}`;

const helperOf = (c: Served): Helper => ({ program: 'drydock-name-server', container: c.id, file: pidFile(c) });

export const nameServerPid = (c: Served): number | undefined => helperPid(helperOf(c));

/** Ends the process, also one that no pid file tells of. */
export async function endServerProcess(k: Kernel, c: Served): Promise<void> {
  await endHelper(k, helperOf(c), c.live.namesPid, true);
  c.live.namesPid = undefined;
  delete c.live.namesPort;
}

/** Ends the server and deletes its table. It is no error when there is none. */
export async function endNameServer(k: Kernel, c: Served): Promise<void> {
  await endServerProcess(k, c);
  await tolerate(['ENOENT'], k.daemon.unlinkat(AT_FDCWD, tableFile(c), 0));
  k.fact({ kind: 'process', key: 'name-server', value: null });
}

/**
 * At the end of a run. The server ends by itself then, and the container may have left its last network that has names,
 * so the table tells that there was one.
 */
export async function endNameServerOfRun(k: Kernel, c: Served): Promise<void> {
  if (c.live.namesPid !== undefined || existsSync(tableFile(c))) await endNameServer(k, c);
}
