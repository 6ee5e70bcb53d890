/** /containers/{id}/archive: `docker cp`. Engine API, "Get an archive of a filesystem resource in a container". */
import type { PathStat } from '../../../runtime/storage/archive/path-stat.ts';
import { badParameter } from '../../../runtime/errors/api-error.ts';
import type { Exchange, Routes } from '../http/route.ts';
import { sendParts } from '../http/send-parts.ts';

function pathOf(x: Exchange): string {
  const path = x.query.text('path');
  if (!path) throw badParameter('bad parameter: path cannot be empty');
  return path;
}
const the = (x: Exchange) => x.engine.container(x.param('id')).archive(x.param('id'));
const STAT = 'X-Docker-Container-Path-Stat';
const encoded = (found: PathStat) => Buffer.from(JSON.stringify(found)).toString('base64');

async function head(x: Exchange): Promise<number> {
  x.res.set(STAT, encoded(await the(x).stat(pathOf(x))));
  return 200;
}

/** An error before the first part is answered with a status; a later one cuts the archive off. */
async function get(x: Exchange): Promise<void> {
  const { res } = x;
  await the(x).read(pathOf(x), {
    begin: (found) => void res.writeHead(200, { 'Content-Type': 'application/x-tar', [STAT]: encoded(found) }),
    send: (parts) => sendParts(res, parts, () => undefined),
  });
  res.end();
}

async function put(x: Exchange): Promise<number> {
  const options = {
    keepsKinds: x.query.flag('noOverwriteDirNonDir'),
    ownUser: x.query.flag('copyUIDGID'),
  };
  await the(x).write(pathOf(x), x.req, options);
  return 200;
}

export const containersArchive: Routes = {
  'HEAD /containers/*id/archive': head,
  'GET /containers/*id/archive': get,
  'PUT /containers/*id/archive': put,
};
