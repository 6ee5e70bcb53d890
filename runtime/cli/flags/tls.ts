/** The flags of docker and dockerd for TLS on TCP: --tls, --tlsverify, --tlscacert, --tlscert, --tlskey. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { Option, type Command } from 'commander';

export interface TlsOptions {
  tls?: boolean;
  tlsverify?: boolean;
  tlscacert?: string;
  tlscert?: string;
  tlskey?: string;
}

/** The flags that take a value: main.ts finds the verb behind them. */
export const TLS_FILES: readonly string[] = ['--tlscacert', '--tlscert', '--tlskey'];

/** `other`: who is verified, as words for the help. */
export const withTls = (command: Command, other: string): Command =>
  command
    .option('--tls', `use TLS on TCP, without verifying ${other}`)
    .addOption(new Option('--no-tls').hideHelp())
    .option('--tlsverify', `use TLS on TCP, and verify ${other} (DRYDOCK_TLS_VERIFY)`)
    .addOption(new Option('--no-tlsverify').hideHelp())
    .option('--tlscacert <file>', `certificates that ${other} must be signed with (DRYDOCK_CERT_PATH/ca.pem)`)
    .option('--tlscert <file>', 'own certificate and chain, PEM (DRYDOCK_CERT_PATH/cert.pem)')
    .option('--tlskey <file>', 'its private key, PEM (DRYDOCK_CERT_PATH/key.pem)');

/** The absolute paths of the files. As in docker, they lie in ~/.docker where neither flag nor variable names them. */
export function tlsFiles(options: TlsOptions, env: NodeJS.ProcessEnv): { ca: string; cert: string; key: string } {
  const dir = env['DRYDOCK_CERT_PATH'] || join(homedir(), '.docker');
  return {
    ca: resolve(options.tlscacert ?? join(dir, 'ca.pem')),
    cert: resolve(options.tlscert ?? join(dir, 'cert.pem')),
    key: resolve(options.tlskey ?? join(dir, 'key.pem')),
  };
}

/** --tlsverify, or else the environment; undefined when neither says so. */
export const verifies = ({ tlsverify }: TlsOptions, env: NodeJS.ProcessEnv): boolean | undefined =>
  tlsverify ?? (env['DRYDOCK_TLS_VERIFY'] ? true : undefined);
