/** A route is a row of a table: 'GET /containers/*id/json' and the function that answers it. */
import type { Express, Request, Response } from 'express';
import type { Engine } from '../../../runtime/engine/engine.ts';
import { Query } from './query.ts';
import { sendJson } from './send.ts';
import { apiMinor } from './version-prefix.ts';

/** A request, and what a route needs to answer it. */
export interface Exchange {
  readonly engine: Engine;
  readonly req: Request;
  readonly res: Response;
  readonly query: Query;
  /** the API version's minor number: 24 to 50 */
  readonly api: number;
  /** The text that matched `*id`, `*name` … in the path. It may contain slashes and begin with one. */
  param(name: string): string;
  /** Aborted when the client has gone or the answer is complete. */
  gone(): AbortSignal;
}
/**
 * An object becomes the JSON body; a number becomes an empty answer with that status; with nothing, the route has
 * answered by itself.
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

/** A rejection goes to the error handler, because express 5 awaits handlers. */
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
