/** CRIU 4 of Debian 13 with its own libc and loader, because Debian 12's does not know the kernels of today. */
import { chmodSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packages } from './compose-client.ts';

/** criu with the libraries that it requires. */
const PACKAGES =
  `criu libbsd0 libc6 libcompel1 libffi8 libgcc-s1 libgmp10 libgnutls30t64 libhogweed6t64 libidn2-0 libjansson4
  libmd0 libmnl0
  libnet1 libnettle8t64 libnftables1 libnftnl11 libnl-3-200 libp11-kit0 libprotobuf-c1 libtasn1-6 libunistring5
  libuuid1 libxtables12 libedit2 zlib1g`.split(/\s+/);

/** The path of a script that executes it. */
export async function criuProgram(): Promise<string> {
  const dir = await packages('criu-trixie', 'trixie', PACKAGES);
  const lib = join(dir, 'usr/lib');
  const libraries = readdirSync(lib).filter((name) => name.endsWith('-linux-gnu'))[0]!;
  const loader = readdirSync(join(lib, libraries)).find((name) => /^ld-linux-.*\.so\.\d+$/.test(name))!;
  const program = join(mkdtempSync('/tmp/criu-'), 'criu');
  const words = [join(lib, libraries, loader), '--library-path', join(lib, libraries), join(dir, 'usr/sbin/criu')];
  writeFileSync(program, `#!/bin/sh\nexec ${words.map((word) => `'${word}'`).join(' ')} "$@"\n`);
  chmodSync(program, 0o755);
  return program;
}
