/** A name server that was killed while no daemon looked on is started again. */
import { existsSync } from 'node:fs';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Connected } from '../driver.ts';
import type { Endpoint } from '../endpoint.ts';
import { redirectNames } from './redirect.ts';
import { servesNames } from './serve.ts';
import { endServerProcess, nameServerPid, tableFile } from './server-process.ts';
import { serveNames } from './write-files.ts';

/** Whether the container has had a server, and has none now. Its table stays until its end. */
export const lacksNameServer = (c: Connected): boolean => existsSync(tableFile(c)) && nameServerPid(c) === undefined;

const settled = ({ moving }: Endpoint) => !moving;

/** For a running container. Returns whether there was a server to be started. */
export async function reviveNameServer(k: Kernel, c: Connected): Promise<boolean> {
  if (!servesNames({ endpoints: c.endpoints.filter(settled) }) || !lacksNameServer(c)) return false;
  try {
    await serveNames(k, c);
    await redirectNames(k, c);
    return true;
  } catch (error) {
    await endServerProcess(k, c);
    throw error;
  }
}
