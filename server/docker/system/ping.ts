/** GET and HEAD /_ping: every command of the docker client begins with it and reads its headers. */
import type { Exchange, Routes } from '../http/route.ts';

function ping({ req, res }: Exchange): void {
  res.set({
    'Cache-Control': 'no-cache, no-store, must-revalidate',
    Pragma: 'no-cache',
    'Builder-Version': '1',
    Swarm: 'inactive',
  });
  const head = req.method === 'HEAD';
  res.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': head ? 0 : 2 });
  res.end(head ? undefined : 'OK');
}

// HEAD comes before GET, because express would also answer HEAD with the route of GET
export const pingRoutes: Routes = { 'HEAD /_ping': ping, 'GET /_ping': ping };
