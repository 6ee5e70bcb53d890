/** The page's files as the build has packed them (web/gzip.build.mjs), for a browser that takes them so. */
import { existsSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { RequestHandler } from 'express';

export const packed = (files: string): RequestHandler => (req, res, next) => {
  if (!/^\/assets\/[\w.-]+\.(js|css|svg)$/.test(req.path) || !existsSync(join(files, `${req.path}.gz`))) return next();
  res.set('Vary', 'Accept-Encoding');
  if (req.acceptsEncodings('gzip')) {
    res.set('Content-Encoding', 'gzip').type(extname(req.path));
    req.url = `${req.path}.gz`;
  }
  next();
};
