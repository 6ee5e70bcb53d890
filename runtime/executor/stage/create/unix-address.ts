import { AF } from '../../../syscalls/constants.ts';

/** struct sockaddr_un: unix(7). */
export function unixAddress(path: string): Buffer {
  const bytes = Buffer.from(path);
  if (bytes.length > 107)
    throw new Error(
      `socket path ${path} is ${bytes.length} bytes long, unix(7) allows 107; choose a shorter --exec-root`,
    );
  return Buffer.concat([Buffer.from([AF.AF_UNIX, 0]), bytes, Buffer.from([0])]);
}
