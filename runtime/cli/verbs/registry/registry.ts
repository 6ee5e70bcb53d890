import type { Command } from 'commander';
import { Failure, misuse } from '../../failure/failure.ts';
import { goDuration } from '../../flags/seconds.ts';
import { verb } from '../../flags/verb.ts';
import { binarySize } from '../../terminal/format.ts';
import { print } from '../../terminal/columns.ts';
import type { ServeOptions } from '../../../../server/registry/serve.ts';

const ROOT = '/var/lib/drydock-registry';

export function command(): Command {
  const serve = verb(
    'registry',
    'Serve images to other machines: an OCI distribution server (push, pull, referrers, deletion). It runs in the ' +
      'foreground until SIGTERM; SIGHUP makes it read the certificate again. No daemon and no root is needed.',
    'registry --root /srv/images',
    'registry --listen 0.0.0.0:443 --tls-cert cert.pem --tls-key key.pem --htpasswd users',
    'registry gc --root /srv/images --untagged',
  )
    .option('--listen <host:port>', 'address and port', '127.0.0.1:5000')
    .option('--root <dir>', 'where images are stored', ROOT)
    .option('--tls-cert <file>', 'certificate chain (PEM)')
    .option('--tls-key <file>', 'private key of the certificate (PEM)')
    .option(
      '--htpasswd <file>',
      'users and bcrypt hashes, made with: htpasswd -nB USER; without it no password is asked for',
    )
    .option('--plain-http', 'allow other addresses than loopback without TLS: passwords can be read on the way')
    .option('--read-only', 'pulls only')
    .option('-q, --quiet', 'do not print requests')
    .action(async (options: ServeOptions) => {
      const { serveRegistry } = await import('../../../../server/registry/serve.ts');
      await serveRegistry(options).catch((error: Error) => {
        throw new Failure(error.message);
      });
    });
  return serve.addCommand(gc()).helpCommand(false);
}

interface GcOptions {
  root: string;
  older: string;
  untagged?: boolean;
  dryRun?: boolean;
}

const gc = (): Command =>
  verb(
    'gc',
    'Remove blobs that no manifest needs. The registry may go on serving meanwhile.',
    'registry gc --root /srv/images',
    'registry gc --root /srv/images --untagged --dry-run',
  )
    .option('--root <dir>', 'where images are stored', ROOT)
    .option('--untagged', 'also manifests without a tag that nothing else refers to')
    .option('--older <time>', 'only what was stored or looked at longer ago: 90m, 24h', '1h')
    .option('-n, --dry-run', 'count, and remove nothing')
    .action(async (_: GcOptions, command: Command) => {
      // `registry` has --root as well, and takes it wherever it stands
      const { root, older, untagged = false, dryRun = false } = command.optsWithGlobals<GcOptions>();
      const age = goDuration(older);
      if (age === undefined) throw misuse(`invalid time ${JSON.stringify(older)}: give 90m or 24h`);
      const { gcRegistry } = await import('../../../../server/registry/serve.ts');
      const gone = await gcRegistry(root, { older: age * 1000, untagged, dryRun }).catch((error: Error) => {
        throw new Failure(error.message);
      });
      const words = dryRun ? 'would remove' : 'removed';
      print(`${words} ${gone.manifests} manifests and ${gone.blobs} blobs of repositories`);
      if (!dryRun) print(`freed ${binarySize(gone.bytes)}`);
    });
