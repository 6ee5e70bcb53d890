import { connect } from 'node:net';
import { Command } from 'commander';
import { ensureDaemon } from '../../client/autostart.ts';
import { daemonOf } from '../../client/connection.ts';
import { Failure, misuse } from '../../failure/failure.ts';
import { verb } from '../../flags/verb.ts';

/**
 * Each direction ends by itself: the client's end of input is the daemon's, whose answer still comes. Resolves when the
 * daemon has closed the connection.
 */
function passOn(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, allowHalfOpen: true });
    socket.on('error', (error) => reject(new Failure(`the connection to ${path} failed: ${error.message}`)));
    // the other machine has gone
    process.stdout.on('error', () => socket.destroy());
    socket.on('close', resolve);
    process.stdin.pipe(socket);
    socket.on('end', () => socket.destroySoon());
    socket.pipe(process.stdout, { end: false });
  });
}

const dial = new Command('dial-stdio')
  .description("connect standard input and output to the daemon's socket, for a client with -H ssh://")
  .action(async (_options: object, command: Command) => {
    const to = daemonOf(command);
    if (typeof to !== 'string') throw misuse('dial-stdio connects to a unix socket of this machine: give -H unix://…');
    await ensureDaemon(to);
    await passOn(to);
    process.stdin.destroy();
  });

export function command(): Command {
  return verb('system', 'What other programs need of the daemon.', 'system dial-stdio').addCommand(dial);
}
