/** The daemon of another machine, behind ssh(1): `drydock system dial-stdio` connects to its socket there. */
import { type ChildProcess, spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import { codeOf, Failure, misuse } from '../failure/failure.ts';

export interface Ssh {
  /** a name of ssh_config(5), a host name or an address */
  ssh: string;
  user?: string;
  port?: string;
  /** path of the daemon's socket there; absent: as `drydock` finds it there */
  socket?: string;
}

/** 'ssh://user@host:22/run/x.sock'. Throws a misuse (exit code 125). */
export function sshAddress(text: string): Ssh {
  // what ssh takes for an option, or the shell on the other side for more than a word, is no address
  const parts = /^ssh:\/\/(?:(\w[\w.+-]*)@)?(?:\[([\da-fA-F:]+)\]|(\w[\w.-]*))(?::(\d{1,5}))?(\/[\w./@+-]*)?$/.exec(
    text,
  );
  const [, user, v6, name, port, path] = parts ?? [];
  const host = v6 ?? name;
  if (!host || Number(port ?? 1) > 65535)
    throw misuse(`invalid host ${JSON.stringify(text)}: give ssh://host or ssh://user@host:port/path/of/drydock.sock`);
  const socket = path && path !== '/' ? path : undefined;
  return { ssh: host, ...(user && { user }), ...(port && { port }), ...(socket && { socket }) };
}

export const sshText = ({ ssh, user, port, socket = '' }: Ssh): string =>
  `ssh://${user ? `${user}@` : ''}${ssh.includes(':') ? `[${ssh}]` : ssh}${port ? `:${port}` : ''}${socket}`;

/** The arguments of ssh(1). The last ones are the command there. */
function argumentsOf({ ssh, user, port, socket }: Ssh): string[] {
  return [
    ...(user ? ['-l', user] : []),
    ...(port ? ['-p', port] : []),
    ...['-T', '-o', 'ConnectTimeout=30', '--', ssh, 'drydock'],
    ...(socket ? ['-H', `unix://${socket}`] : []),
    ...['system', 'dial-stdio'],
  ];
}

/** One connection to that daemon. ssh asks for passwords, and says why it fails, on the terminal. */
class SshConnection extends Duplex {
  readonly #child: ChildProcess;
  #heard = false;

  constructor(private readonly to: Ssh) {
    super({ allowHalfOpen: true });
    this.#child = spawn('ssh', argumentsOf(to), { stdio: ['pipe', 'pipe', 'inherit'] });
    const { stdin, stdout } = this.#child;
    stdin!.on('error', () => undefined);
    stdout!.on('data', (bytes: Buffer) => {
      this.#heard = true;
      if (!this.push(bytes)) stdout!.pause();
    });
    this.#child.on('error', (error) => this.destroy(this.#failure(`ssh cannot be run: ${codeOf(error)}`)));
    this.#child.on('close', (code, signal) => {
      if (this.#heard || code === 0) this.push(null);
      else
        this.destroy(
          this.#failure(code === 127 ? 'drydock is not installed there' : `ssh ended with ${code ?? signal}`),
        );
    });
  }

  #failure = (why: string): Failure => new Failure(`cannot connect to the daemon at ${sshText(this.to)}: ${why}`, 1);

  override _read(): void {
    this.#child.stdout!.resume();
  }
  // when ssh has ended, `close` tells why; EPIPE says less
  override _write(bytes: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#child.stdin!.write(bytes, () => done());
  }
  override _final(done: () => void): void {
    this.#child.stdin!.end(() => done());
  }
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#child.kill();
    done(error);
  }
}

export const connectBySsh = (to: Ssh): Duplex => new SshConnection(to);
