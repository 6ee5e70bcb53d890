/** A port that cannot be taken: dockerd's words, and who has the port. */
import { ApiError } from '../../errors/api-error.ts';
import { hasCode, type SyscallError } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Connection } from '../driver.ts';
import type { Holder, HolderQuestion } from './find-holder.ts';
import './jobs.ts';
import { hostText, type PublishedPort } from '../port.ts';
import { PROGRAM } from './proxy-process.ts';

/** What Go's net package says of these errnos. dockerd passes its words on, and clients look for them. */
const goWords: Record<string, string> = {
  EADDRINUSE: 'address already in use',
  EADDRNOTAVAIL: 'cannot assign requested address',
  EACCES: 'permission denied',
  EPROTONOSUPPORT: 'protocol not supported',
  EAFNOSUPPORT: 'address family not supported by protocol',
};

/** The kernel cannot make such a socket at all. */
const noSocket = ['EPROTONOSUPPORT', 'EAFNOSUPPORT'];

/** 'container web', 'nginx (pid 4711)'; undefined when no process was found. */
function holderWords(holder: Holder | undefined, { container }: Connection, port: PublishedPort): string | undefined {
  if (!holder) return undefined;
  if (holder.pid === process.pid) {
    const own = container.live.portSockets?.some(
      ({ port: other }) => other.hostPort === port.hostPort && other.protocol === port.protocol,
    );
    return own ? 'this container itself' : 'a container that is being started';
  }
  const [program, id = ''] = holder.words;
  if (program !== PROGRAM) return `${holder.program} (pid ${holder.pid})`;
  try {
    return `container ${container.other(id).name}`;
  } catch {
    return `container ${id.slice(0, 12)} of another Drydock`;
  }
}

/**
 * The error of the step. Errors that are not about the port are returned as they are. `all`: it was the last port of
 * several that would have done.
 */
export async function clashError(
  k: Kernel,
  it: Connection,
  port: PublishedPort,
  error: unknown,
  all: boolean,
): Promise<unknown> {
  const words = goWords[(error as Partial<SyscallError>).code ?? ''];
  if (words === undefined) return error;
  const { hostIp, hostPort, protocol } = port;
  const where = `${hostText(hostIp)}:${hostPort}`;
  const question: HolderQuestion = { protocol, address: hostIp, port: hostPort };
  const holder = hasCode(error, 'EADDRINUSE')
    ? await k.job<Holder | undefined>('port-holder', question).catch(() => undefined)
    : undefined;
  const who = holderWords(holder, it, port);
  const ours = holder && (holder.pid === process.pid || holder.words[0] === PROGRAM);
  const family = hostIp.includes(':') ? '6' : '4';
  const listen = noSocket.includes((error as SyscallError).code) ? '' : `listen ${protocol}${family} ${where}: bind: `;
  const what = ours
    ? all
      ? 'all ports are allocated'
      : `Bind for ${where} failed: port is already allocated`
    : `Error starting userland proxy: ${listen}${words}`;
  return new ApiError(
    500,
    `driver failed programming external connectivity on endpoint ${it.container.name} (${it.endpoint.endpointID}): ` +
      `${what}${who ? `; ${who} has ${all ? where : 'it'}` : ''}`,
    { cause: error },
  );
}
