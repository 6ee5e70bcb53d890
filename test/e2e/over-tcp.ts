/** A way over TCP to a unix socket, for one test. */
import { connect, createServer } from 'node:net';

/** fetch() has no unix sockets. */
export async function overTcp(socket: string): Promise<{ port: number; close(): void }> {
  const server = createServer((from) => {
    const to = connect(socket);
    from.pipe(to).on('error', () => from.destroy());
    to.pipe(from).on('error', () => to.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as { port: number }).port, close: () => void server.close() };
}
