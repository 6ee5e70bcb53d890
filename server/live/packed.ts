/** The page's files as the build has compressed them (web/gzip.build.mjs), for browsers that accept the encoding. */
import { existsSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { RequestHandler } from 'express';

/**
 * The files' names contain a hash of their content. So each requested file, a third of a megabyte in all, is kept in
 * memory and answered without reading the disk.
 */
export const packed = (files: string): RequestHandler => {
  const kept = new Map<string, Buffer>();
  const find = (path: string): Buffer | undefined => {
    const file = join(files, `${path}.gz`);
    if (!kept.has(path) && existsSync(file)) kept.set(path, readFileSync(file));
    return kept.get(path);
  };
  return (req, res, next) => {
    const bytes = /^\/assets\/[\w.-]+\.(js|css|svg)$/.test(req.path) ? find(req.path) : undefined;
    if (!bytes) return next();
    res.set('Vary', 'Accept-Encoding');
    if (!req.acceptsEncodings('gzip')) return next();
    res
      .set({ 'Content-Encoding': 'gzip', 'Cache-Control': 'public, max-age=31536000, immutable' })
      .type(extname(req.path))
      .send(bytes);
  };
};
