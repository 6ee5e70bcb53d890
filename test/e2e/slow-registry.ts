/**
 * Stands in front of a registry and keeps what it is asked until it is let go: a pull that lasts as long as a test
 * wants.
 */
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SlowRegistry {
  host: string;
  /** how many requests were held */
  asked(): number;
  letGo(): void;
  close(): Promise<void>;
}

/** `host` of the registry behind: 127.0.0.1:PORT. `waits`: for which paths; the others are passed on at once. */
export async function slowRegistry(host: string, waits: (path: string) => boolean = () => true): Promise<SlowRegistry> {
  let asked = 0;
  let letGo = () => undefined as void;
  const free = new Promise<void>((resolve) => (letGo = resolve));
  const server = createServer((req, res) => {
    const held = waits(req.url ?? '');
    asked += Number(held);
    void (held ? free : Promise.resolve()).then(() => {
      const passed = request(
        {
          hostname: '127.0.0.1',
          port: Number(host.split(':')[1]),
          method: req.method,
          path: req.url,
          headers: { ...req.headers, host },
          agent: false,
        },
        (answer) => {
          res.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(res);
        },
      );
      passed.on('error', () => res.destroy());
      req.pipe(passed);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => asked,
    letGo: () => letGo(),
    close: async () => {
      letGo();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
