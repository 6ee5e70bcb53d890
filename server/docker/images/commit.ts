/** POST /commit: an image from a container. Engine API, "Create a new image from a container". */
import type { CommitOptions } from '../../../runtime/engine/commit-options.ts';
import type { Execution } from '../../../runtime/image/changes/changes.ts';
import { badParameter } from '../../../runtime/errors/api-error.ts';
import { canonicalRequest, checkShape } from '../../../runtime/request/request-shape.ts';
import { COMMAND_LIMIT, type Json, readJson } from '../http/body.ts';
import type { Exchange, Routes } from '../http/route.ts';

/** From the query, and from the body of POST /drydock/operations. */
export function commitOptions(text: (name: string) => string | undefined, changes: readonly string[]): CommitOptions {
  const container = text('container');
  if (!container) throw badParameter('invalid name or ID supplied: ""');
  const [repository, tag, author, comment] = ['repo', 'tag', 'author', 'comment'].map(text);
  return {
    container,
    changes,
    ...(repository && { repository }),
    ...(tag && { tag }),
    ...(author && { author }),
    ...(comment && { comment }),
  };
}

/** A client sends null, nothing, or a config. */
async function bodyOf(x: Exchange): Promise<Execution | undefined> {
  const body: Json = await readJson(x.req, COMMAND_LIMIT, true);
  if (!Object.keys(body).length) return undefined;
  const config = canonicalRequest(body);
  checkShape({ ...config, HostConfig: {} });
  return config as Execution;
}

async function commit(x: Exchange): Promise<object> {
  const options = commitOptions((name) => x.query.text(name), x.query.list('changes'));
  const config = await bodyOf(x);
  const pause = x.query.flag('pause', true);
  const { id } = await x.engine.commit({ ...options, pause, signal: x.gone(), ...(config && { config }) });
  x.res.status(201);
  return { Id: id };
}

export const imagesCommit: Routes = { 'POST /commit': commit };
