/** Runs the daemon's build engine for a client of BuildKit. */
import { randomUUID } from 'node:crypto';
import { Code, ConnectError } from '@connectrpc/connect';
import type { Engine } from '../../../../runtime/engine/engine.ts';
import { contextOf } from './context.ts';
import { optionsOf } from './options.ts';
import { cacheImportsOf, refuseAttestations, refuseExports } from './refused.ts';
import { agentOf, authOf, secretsOf } from './secrets.ts';
import type { Report } from '../../../../runtime/build/stages/report.ts';
import type { Progress } from './progress.ts';
import type { Sessions } from './session.ts';
import type { Solve, Solves } from './solve.ts';

export interface Context {
  readonly engine: Engine;
  readonly solves: Solves;
  readonly sessions: Sessions;
}

/** The names that an exporter gives to its image: 'a,b:v1'. */
const namesOf = ({ exporters }: Solve): string[] =>
  exporters
    .filter(({ type }) => ['moby', 'image'].includes(type))
    .flatMap(({ attributes }) => (attributes['name'] ?? '').split(',').filter(Boolean));

/** Builds, and returns the reference under which the result is known. */
export async function buildInto(
  { engine, sessions }: Context,
  solve: Solve,
  frontend: string,
  attributes: Readonly<Record<string, string>>,
): Promise<string> {
  if (frontend !== 'dockerfile.v0')
    throw new ConnectError(
      `the front end ${frontend}: not there yet in Drydock, which has dockerfile.v0`,
      Code.Unimplemented,
    );
  const { progress } = solve;
  refuseExports(solve);
  refuseAttestations(attributes);
  const options = optionsOf(attributes, namesOf(solve));
  const session = await sessions.when(solve.session, 'session', solve.signal);
  const signal = AbortSignal.any([solve.signal, session.gone]);
  const imports = cacheImportsOf(attributes);
  // as BuildKit shows a cache that it cannot read: the build goes on, and is right without it
  for (const name of imports.filter(isOther)) {
    const track = progress.track();
    track.begin(`importing cache manifest from ${name}`);
    track.end(`not read: a cache of this type is not there yet in Drydock, which reads images (type=registry)`);
  }
  const image = await engine.build({
    ...options,
    cacheFrom: imports.filter((name) => !isOther(name)),
    inlineCache: options.inlineCache === true || solve.cacheExports.includes('inline'),
    imports: (name) => {
      const track = progress.track();
      track.begin(`importing cache manifest from ${name}`);
      return (error) => track.end(error);
    },
    hostNetwork: solve.entitlements.includes('network.host'),
    insecure: solve.entitlements.includes('security.insecure'),
    ...contextOf(session, attributes, progress, signal),
    secret: secretsOf(session, signal),
    agent: agentOf(session, signal),
    auth: authOf(session, signal),
    tell: () => undefined,
    made: () => undefined,
    output: () => Promise.resolve(),
    reportOf: () => reportOn(progress),
    signal,
  });
  const reference = randomUUID();
  solve.images.set(reference, image);
  return reference;
}

/** A cache that is no image: 'type=local'. */
const isOther = (name: string): boolean => name.startsWith('type=');

/** A stage, beside the others. */
function reportOn(progress: Progress): Report {
  progress.done();
  const track = progress.track();
  return {
    tell: () => undefined,
    made: () => undefined,
    begins: ({ number, total, stage, text }) => track.begin(`[${stage} ${number}/${total}] ${text.split('\n', 1)[0]}`),
    cached: () => track.cached(),
    output: (text, stream) => track.output(text, stream),
    ended: (error) => track.end(error?.message),
  };
}
