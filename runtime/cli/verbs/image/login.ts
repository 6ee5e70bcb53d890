import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { Writable } from 'node:stream';
import type { Command } from 'commander';
import { connectTo } from '../../client/connection.ts';
import { HUB, store } from '../../client/docker-config.ts';
import { misuse } from '../../failure/failure.ts';
import { verb } from '../../flags/verb.ts';
import { print } from '../../terminal/columns.ts';

interface Options {
  username?: string;
  password?: string;
  passwordStdin?: boolean;
}

export function command(): Command {
  return verb(
    'login',
    "Check a name and a password at a registry, and keep them where docker's client keeps them.",
    'login -u me localhost:5000',
    'login -u me --password-stdin localhost:5000 < password',
  )
    .argument('[server]', 'docker.io if absent')
    .option('-u, --username <name>', 'who logs in')
    .option('-p, --password <password>', 'visible in the list of processes; better use stdin')
    .option('--password-stdin', 'read the password from stdin')
    .action(run);
}

/** What is typed is not shown. */
async function asked(question: string, shown: boolean): Promise<string> {
  if (!process.stdin.isTTY) throw misuse('cannot ask for it without a terminal; use --username and --password-stdin');
  let silent = false;
  const output = new Writable({
    write(chunk: Buffer, _, done) {
      if (!silent) process.stderr.write(chunk);
      done();
    },
  });
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  try {
    return await new Promise<string>((resolve) => {
      lines.question(question, resolve);
      silent = !shown;
    });
  } finally {
    lines.close();
    if (!shown) process.stderr.write('\n');
  }
}

async function run(server: string = HUB, options: Options, command: Command): Promise<void> {
  if (options.password && options.passwordStdin)
    throw misuse('conflicting options: --password and --password-stdin are mutually exclusive');
  if (options.passwordStdin && !options.username) throw misuse('must provide --username with --password-stdin');
  const client = await connectTo(command);
  const username = options.username ?? (await asked('Username: ', true));
  const password = options.passwordStdin
    ? (await text(process.stdin)).replace(/\r?\n$/, '')
    : (options.password ?? (await asked('Password: ', false)));
  const { Status, IdentityToken } = await client.post<{ Status: string; IdentityToken?: string }>(
    '/auth',
    {},
    { username, password, serveraddress: server },
  );
  store(server, { username, password, ...(IdentityToken && { identityToken: IdentityToken }) });
  print(Status);
}
