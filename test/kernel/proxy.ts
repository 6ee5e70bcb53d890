/** A proxy that knows one host, `registry.test`, and records its requests. */
import { createServer, request, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';

export interface Proxy {
  address: string;
  /** 'GET http://registry.test/x me:secret', 'CONNECT registry.test:443' */
  asked: string[];
  close(): void;
}

/** `port`: where the host really listens; `answer`: sent for a CONNECT instead of opening a tunnel. */
export async function proxyTo(port: number, answer?: string): Promise<Proxy> {
  const asked: string[] = [];
  const note = (line: string, authorization = '') => {
    const pair = Buffer.from(authorization.replace(/^Basic /, ''), 'base64').toString();
    asked.push(pair ? `${line} ${pair}` : line);
  };
  const server: Server = createServer((req, res) => {
    note(`${req.method} ${req.url}`, req.headers['proxy-authorization']);
    const { 'proxy-authorization': _, ...headers } = req.headers;
    const { pathname, search } = new URL(req.url!);
    req.pipe(
      request({ host: '127.0.0.1', port, method: req.method, path: pathname + search, headers }, (from) => {
        res.writeHead(from.statusCode!, from.headers);
        from.pipe(res);
      }),
    );
  });
  server.on('connect', (req, client) => {
    note(`CONNECT ${req.url}`, req.headers['proxy-authorization']);
    client.on('error', () => undefined);
    if (answer !== undefined) return void (answer && client.end(answer));
    const target = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.pipe(target).pipe(client);
    });
    target.on('error', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () => server.close().closeAllConnections(),
  };
}
