import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as assert from 'uvu/assert';
import { patience } from '../../runtime/image/registry/patience.ts';
import { suite } from '../harness.ts';
import { type Fault, faultyRegistry } from './faulty-registry.ts';
import { context, failure, runPull, sample } from './sample.ts';

const test = suite('a registry that keeps one waiting', 'root');
const work = mkdtempSync('/dev/shm/drydock-patience-');
const usual = { ...patience };
/** Only the limit that a fault is to reach is short, so that on a slow machine no other one is reached first. */
const long = { headers: 20_000, token: 20_000, document: 20_000, silence: 20_000, slow: { ms: 20_000, bytes: 1024 } };
test.after(() => {
  Object.assign(patience, usual);
  rmSync(work, { recursive: true, force: true });
});
const image = sample([
  [{ name: 'a', content: Buffer.from(Array.from({ length: 9000 }, (_, n) => (n * n) % 251)).toString('latin1') }],
]);
let count = 0;

/** Sends a byte from time to time, but never the last one. */
function drip(res: ServerResponse, length: number): true {
  res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': length });
  const timer = setInterval(() => res.write(' '), 20);
  res.on('close', () => clearInterval(timer));
  return true;
}
function challenge(req: IncomingMessage, res: ServerResponse): true {
  res.writeHead(401, { 'WWW-Authenticate': `Bearer realm="http://${req.headers.host}/token",service="x"` }).end();
  return true;
}

const faults: [name: string, fault: Fault, short: Partial<typeof patience>, message: RegExp][] = [
  [
    'a token server that never answers',
    (req, res, path) => {
      if (path === '/token') return true;
      if (req.headers.authorization) return false;
      return challenge(req, res);
    },
    { token: 200 },
    /token server .* did not answer within 0.2 s/,
  ],
  [
    'a token that comes a byte at a time',
    (req, res, path) => {
      if (path === '/token') return drip(res, 100_000);
      if (req.headers.authorization) return false;
      return challenge(req, res);
    },
    { token: 200 },
    /token server .* did not answer within 0.2 s/,
  ],
  [
    'a manifest that is asked for in vain',
    (_req, _res, path) => path.includes('/manifests/'),
    { headers: 200 },
    /did not answer within 0.2 s/,
  ],
  [
    'a manifest that comes a byte at a time',
    (req, res, path) => (path.includes('/manifests/') && req.method === 'GET' ? drip(res, 3000) : false),
    { document: 300 },
    /did not come to its end within 0.3 s/,
  ],
  [
    'a layer of which next to nothing comes',
    (_req, res, path) =>
      path.endsWith(image.layers[0]!) ? drip(res, image.blobs.get(image.layers[0]!)!.length) : false,
    { slow: { ms: 300, bytes: 1024 } },
    /only \d+ bytes came within 0.3 s/,
  ],
];
for (const [name, fault, short, message] of faults) {
  test(`${name} ends the pull`, async () => {
    Object.assign(patience, long, short);
    const registry = await faultyRegistry(image, fault);
    const begun = Date.now();
    const error = await Promise.race([
      failure(runPull(context({ reference: `${registry.host}/slow`, root: `${work}/${++count}` }))),
      new Promise<Error>((resolve) => setTimeout(() => resolve(new Error('it waits still')), 12_000)),
    ]);
    await registry.close();
    assert.match(error.message, message);
    assert.ok(Date.now() - begun < 12_000);
  });
}

test.run();
