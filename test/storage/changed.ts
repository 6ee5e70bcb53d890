/** Changes that a container may make to its tree, and Docker's list of them. */
import type { Change } from '../../runtime/storage/driver.ts';

/** A shell script for the merged tree, or for the copy (vfs), of the layers in layers.ts. */
export const changing = `echo changed > etc/conf; chmod 640 only2 2>/dev/null || chmod 640 etc/deep
   mkdir -p new/dir; echo n > new/dir/file; ln new/dir/file new/hard; ln -s ../etc new/link; mkfifo new/pipe; mknod new/zero c 1 5
   chown 4000000:4000000 new/dir/file; setcap cap_net_bind_service+ep new/dir/file
   truncate -s 4M new/holes; printf end | dd of=new/holes bs=1 seek=4194301 conv=notrunc status=none
   truncate -s 3M new/nothing; head -c 300000 /dev/urandom > new/random
   echo > "new/$(printf 'b\\303\\050d \\n name')"; mkdir -p new/${'p'.repeat(130)}/${'q'.repeat(130)}; echo > new/${'p'.repeat(130)}/${'q'.repeat(130)}/long
   rm -r whole; mkdir whole; echo fresh > whole/new; rm bin/way; rm -r becomes turns; mkdir becomes; echo d > becomes/x; chmod 711 part
   mv gone moved; touch -d '1960-05-06 07:08:09.987654321Z' new/dir/file; touch -d '2005-05-05 05:05:05.5Z' new
   perl -e 'use IO::Socket::UNIX; IO::Socket::UNIX->new(Local => "new/socket", Listen => 1)'`;

/** In the order of their paths, as in dockerd. */
export const sorted = (changes: readonly Change[]): string[] =>
  changes.map(([path, kind]) => `${'CAD'[kind]} ${path}`).sort((a, b) => (a.slice(2) < b.slice(2) ? -1 : 1));
