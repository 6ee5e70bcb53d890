import type { Command } from 'commander';
import { settingsFrom, type DaemonOptions } from './daemon-settings.ts';
import { Failure } from '../../failure/failure.ts';
import { withTls, type TlsOptions } from '../../flags/tls.ts';
import { collect, verb } from '../../flags/verb.ts';

export function command(): Command {
  const daemon = verb(
    'daemon',
    'Run the daemon in the foreground. Other verbs start one in the background when none listens; it ends by itself. ' +
      'DRYDOCK_ROOT, DRYDOCK_EXEC_ROOT and so on in the environment stand for the flags, also for one that is started so.',
    'daemon',
    'daemon --registry-mirror http://127.0.0.1:5000',
    'daemon --root /tmp/dock --exec-root /tmp/dock-run --bridge dock1',
    'daemon -H unix:///run/drydock/drydock.sock -H tcp://0.0.0.0:2376 --tlsverify',
  );
  return withTls(daemon, 'the clients')
    .option('--root <dir>', 'images, layers, containers (/var/lib/drydock)')
    .option('-s, --storage-driver <name>', 'overlay2 or vfs (the first that works on the data root)')
    .option('--exec-root <dir>', 'sockets and what a reboot may forget (/run/drydock)')
    .option(
      '-H, --host <address>',
      'where to listen: unix://, tcp:// or fd:// (unix:///run/drydock/drydock.sock; repeatable)',
      collect,
    )
    .option('--bridge <name>', 'name of the bridge (drydock0)')
    .option('--bip <cidr>', "the bridge's address and prefix (the first free network)")
    .option('--ipv6', 'the default network has IPv6 addresses, too')
    .option('--fixed-cidr-v6 <cidr>', "the default network's IPv6 subnet (a unique local one of this host)")
    .option('--cgroup-parent <path>', "cgroup above the containers' (/drydock)")
    .option('--registry-mirror <url>', 'ask this before docker.io (repeatable)', collect)
    .option('--insecure-registry <host>', 'speak to it without TLS (repeatable)', collect)
    .option('--no-practice', 'never answer ubuntu and hello-world from the practice registry')
    .option('--dns <address>', 'nameserver for containers (repeatable)', collect)
    .option('--userland-proxy [boolean]', 'false: published ports without a proxy, by rules alone (true)')
    .option('--firewall-accept <boolean>', "false: leave containers' packets to the host's other firewalls (true)")
    .option('--idle <seconds>', 'end after this time without containers and clients (0: never)')
    .action(async (options: DaemonOptions, command: Command) => {
      const before = command.parent?.opts<TlsOptions & { host?: string }>() ?? {};
      const host = options.host ?? (before.host === undefined ? undefined : [before.host]);
      const settings = settingsFrom({ ...before, ...options, ...(host && { host }) } as DaemonOptions, process.env);
      if (process.getuid?.() !== 0)
        throw new Failure('must run as root: the daemon makes namespaces, mounts and network links');
      await (await import('../../../../server/main.ts')).startDaemon(settings);
    });
}
