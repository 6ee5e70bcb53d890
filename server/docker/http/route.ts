/** A route is a line in a table: 'GET /containers/*id/json' and the function that answers it. */
import type { Express, Request, Response } from 'express';
import type { Engine } from '../../../runtime/engine/engine.ts';
import { Query } from './query.ts';
import { sendJson } from './send.ts';
import { apiMinor } from './version-prefix.ts';

/** One request and what is needed to answer it. */
export interface Exchange {
  readonly engine: Engine;
  readonly req: Request;
  readonly res: Response;
  readonly query: Query;
  /** the API version's minor number: 24 to 50 */
  readonly api: number;
  /** What `*id`, `*name` … stood for in the path; slashes and a leading '/' are part of it. */
  param(name: string): string;
  /** Aborted when the client has gone or the answer is complete. */
  gone(): AbortSignal;
}
/**
 * An object becomes the JSON body, a number an empty answer with that status; nothing means: it has answered by itself.
 */
export type Answer = object | number | void;
export type Routes = Record<string, (x: Exchange) => Answer | Promise<Answer>>;

function exchange(engine: Engine, req: Request, res: Response): Exchange {
  return {
    engine,
    req,
    res,
    query: new Query(req.url),
    api: apiMinor(req),
    param(name) {
      const value = (req.params as Record<string, string | string[] | undefined>)[name] ?? '';
      return Array.isArray(value) ? value.join('/') : value;
    },
    gone() {
      const controller = new AbortController();
      res.once('close', () => controller.abort());
      if (res.closed) controller.abort();
      return controller.signal;
    },
  };
}

/** Rejections go to the error handler: express 5 awaits handlers. */
export function addRoutes(app: Express, engine: Engine, routes: Routes): void {
  for (const [line, answer] of Object.entries(routes)) {
    const [method, path] = line.split(' ') as [string, string];
    const verb = method.toLowerCase() as 'get' | 'post' | 'put' | 'delete' | 'head';
    app[verb](path, async (req: Request, res: Response) => {
      const result = await answer(exchange(engine, req, res));
      if (typeof result === 'number') res.status(result).end();
      else if (result) sendJson(res, res.statusCode, result);
    });
  }
}
