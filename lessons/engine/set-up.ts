/** What a lesson needs before its container is made: networks; in a challenge also an image of its files. */
import { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import type { Engine } from '../../runtime/engine/engine.ts';
import { canonicalName, normalize } from '../../runtime/image/manifest/reference.ts';
import { networkAsked } from '../../runtime/network/request/create-network.ts';
import type { Values } from '../../runtime/template/fill-in.ts';
import type { Lesson } from '../format.ts';

async function build(engine: Engine, files: Record<string, string>, name: string): Promise<void> {
  const context = pack();
  for (const [path, text] of Object.entries(files)) context.entry({ name: path, mtime: new Date(0) }, text);
  context.finalize();
  await engine.build({
    dockerfile: 'Dockerfile',
    tags: [canonicalName(normalize(`${name}:latest`))],
    args: new Map(),
    labels: {},
    noCache: false,
    pull: false,
    keep: false,
    pass: (fd) => pipeline(context, new Socket({ fd, readable: true, writable: true })),
    tell: () => undefined,
    output: () => Promise.resolve(),
    made: () => undefined,
  });
}

/** Makes what is missing: a challenge may be opened again while it is open. */
export async function setUp(
  engine: Engine,
  { challenge, files, networks }: Lesson,
  values: Values | undefined,
): Promise<void> {
  const named = (name: string) => `${values?.['own']}-${name}`;
  for (const name of networks.map(named))
    if (!engine.networks.find(name)) await engine.networks.create(networkAsked({ Name: name }));
  const image = challenge?.image && named(challenge.image);
  if (image && files && !engine.images.find(image)) await build(engine, files, image);
}
