/**
 * Requests with dockerd's answers. With DRYDOCK_TEST_PEER=/path/to/docker.sock they are sent to a dockerd that has an
 * image `tiny` with a shell; the expected answers were recorded that way and can be checked again.
 */
import { request } from 'node:http';
import { suite } from '../harness.ts';
import type { Answer } from './daemon.ts';
import { type Site, site } from './site.ts';

const peer = process.env['DRYDOCK_TEST_PEER'];

/** A string body is sent unchanged. */
export type Api = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;

export async function likeDockerd(
  title: string,
): Promise<{ test: Site['test']; api: Api; socket(): string; isPeer: boolean }> {
  const s: Pick<Site, 'test'> & Partial<Site> = peer
    ? { test: suite(`${title}, dockerd`) }
    : await site(title, { images: ['tiny'] });
  const api: Api = (method, path, body, more = {}) =>
    new Promise((resolve, reject) => {
      const headers = { ...(body !== undefined && { 'Content-Type': 'application/json' }), ...more };
      const asked = request({ socketPath: peer ?? s.daemon!.socket, method, path, agent: false, headers }, (res) => {
        let text = '';
        res
          .on('data', (data) => (text += data))
          .on('error', reject)
          .on('end', () => resolve({ status: res.statusCode ?? 0, body: text }));
      });
      asked.on('error', reject).end(typeof body === 'object' ? JSON.stringify(body) : body);
    });
  return { test: s.test, api, socket: () => peer ?? s.daemon!.socket, isPeer: peer !== undefined };
}
