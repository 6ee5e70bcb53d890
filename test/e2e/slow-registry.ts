/** Stands in front of a registry and keeps what it is asked until it is let go: a pull that lasts as long as a test wants. */
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SlowRegistry { host: string; asked(): boolean; letGo(): void; close(): Promise<void> }

/** `host` of the registry behind: 127.0.0.1:PORT. */
export async function slowRegistry(host: string): Promise<SlowRegistry> {
  let asked = false;
  let letGo = () => undefined as void;
  const free = new Promise<void>((resolve) => (letGo = resolve));
  const server = createServer((req, res) => {
    asked = true;
    void free.then(() => {
      const passed = request({ hostname: '127.0.0.1', port: Number(host.split(':')[1]), method: req.method, path: req.url, headers: { ...req.headers, host }, agent: false }, (answer) => {
        res.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(res);
      });
      passed.on('error', () => res.destroy());
      req.pipe(passed);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked: () => asked, letGo: () => letGo(),
    close: async () => {
      letGo();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
