/**
 * A proxy in front of a registry that holds requests until the test releases them, so that a pull lasts as long as the
 * test needs.
 */
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SlowRegistry {
  host: string;
  /** number of held requests */
  asked(): number;
  letGo(): void;
  close(): Promise<void>;
}

/**
 * `host`: the registry behind it, 127.0.0.1:PORT. `waits`: selects the paths that are held; others are passed on at
 * once.
 */
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
