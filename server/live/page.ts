/** The page's files over HTTP, behind the guard. */
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import express, { type Express, type Request, type Response } from 'express';
import { ApiError } from '../../runtime/errors/api-error.ts';
import { sendRecording } from '../recording/send.ts';
import { allowing, headersFor, nonce, refusal, sessionOf, setCookie } from './guard.ts';
import type { SessionTokens } from './session-tokens.ts';
import { packed } from './packed.ts';
import type { Origin } from '../sockets/origin.ts';

export interface PageOptions {
  keys: SessionTokens;
  /** dist/web */
  files: string;
  place(): Origin;
  /** called when this connection has shown a session */
  admitted(socket: Socket): void;
  /** the run of a container as one file; throws ApiError */
  recording(id: string): { name: string; html: AsyncIterable<string> };
}

const text = (res: Response, status: number, message: string) =>
  void res.status(status).type('text/plain').send(`${message}\n`);
const NO_COOKIE =
  'This page opens with the address that `drydock playground` prints. Each address is good for one browser; ask for another.';
const SPENT =
  'This address has been opened already. If it was not you, another program of this machine has the page, and may do what root may: end the daemon with `drydock shutdown`, and ask for another address.';

/**
 * Exchanges the token for a cookie and answers with the page, which removes the token from its address before anything
 * else. It is not a redirect: a browser that came from another site would follow it without the new cookie, because
 * SameSite=Strict depends on where the navigation began.
 */
function open(req: Request, res: Response, { keys, place, files, admitted }: PageOptions): void {
  const asked = new URL(req.url, 'http://localhost').searchParams;
  const token = asked.get('token') ?? '';
  const spent = keys.spent(token);
  const session = keys.exchange(token);
  if (!session) return text(res, 401, spent ? SPENT : NO_COOKIE);
  admitted(req.socket);
  // from `run --web`: the container to show first
  const run = asked.get('run') ?? '';
  res.set('Set-Cookie', setCookie(place(), session));
  index(res, files, /^[0-9a-f]{64}$/.test(run) ? `/#run/${run}` : '/');
}

/** The page's one inline script; it works when the page's files cannot be loaded. */
const inlineScript = (html: string): string => /<script>([^]*?)<\/script>/.exec(html)![1]!;

/** `address`: the address that the page shows for itself, where it differs from the requested one. */
function index(res: Response, files: string, address = ''): void {
  const html = readFileSync(join(files, 'index.html'), 'utf8');
  res
    .set('Content-Security-Policy', allowing(inlineScript(html), res.get('Content-Security-Policy')!))
    .set('Cache-Control', 'no-store')
    .type('html')
    .send(html.replaceAll('__NONCE__', res.locals['nonce'] as string).replace('__ADDRESS__', address));
}

export function pageApp(options: PageOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', false);
  app.use((req, res, next) => {
    res.locals['nonce'] = nonce();
    const place = options.place();
    res.set(headersFor(place, req.headers.host ?? '', res.locals['nonce'] as string));
    const refused = refusal(req.headers, place, false);
    if (refused) return text(res, refused.status, refused.message);
    if (req.method !== 'GET' && req.method !== 'HEAD') return text(res, 405, 'only GET is answered here');
    if (req.path === '/open') return open(req, res, options);
    if (!options.keys.knows(sessionOf(req.headers, place.port) ?? '')) return text(res, 401, NO_COOKIE);
    options.admitted(req.socket);
    next();
  });
  app.get('/', (_req, res) => index(res, options.files));
  app.get('/recording/:id', async (req, res) => {
    try {
      const { name, html } = options.recording(req.params.id);
      await sendRecording(res, html, name);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      text(res, error.status, error.message);
    }
  });
  // browsers ask for it on pages that name no icon, such as the page that takes the token
  app.get('/favicon.ico', (_req, res) => void res.status(204).end());
  app.use(packed(options.files));
  // the names contain a hash of the content
  app.use(
    express.static(options.files, { index: false, redirect: false, dotfiles: 'ignore', immutable: true, maxAge: '1y' }),
  );
  app.use((_req, res) => text(res, 404, 'there is no such page'));
  return app;
}
