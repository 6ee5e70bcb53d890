/**
 * A SOCKS5 proxy (RFC 1928) between browser and playground whose connections can be cut, while the page's address, Host
 * and Origin stay the same.
 */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface Line {
  server: string;
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

export async function line(): Promise<Line> {
  const open = new Set<Socket>();
  let whole = true;
  const keep = (socket: Socket): Socket => {
    open.add(socket);
    return socket.on('close', () => open.delete(socket)).on('error', () => socket.destroy());
  };
  const server = createServer((client) => {
    keep(client);
    if (!whole) return client.destroy();
    // version, methods; then version, CONNECT, 0, the address and its port. Each message arrives whole, and only the
    // port is needed.
    client.once('data', () => {
      client.write(Buffer.from([5, 0]));
      client.once('data', (asked: Buffer) => {
        const there = keep(connect(asked.readUInt16BE(asked.length - 2), '127.0.0.1'));
        there.once('connect', () => {
          client.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
          client.pipe(there).pipe(client);
        });
        there.on('close', () => client.destroy());
        client.on('close', () => there.destroy());
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    whole = false;
    for (const socket of open) socket.resetAndDestroy();
  };
  return {
    server: `socks5://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    mend: () => void (whole = true),
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
