/** Runs the daemon's build engine for a client of BuildKit. */
import { randomUUID } from 'node:crypto';
import { Code, ConnectError } from '@connectrpc/connect';
import type { Engine } from '../../../../runtime/engine/engine.ts';
import { contextOf } from './context.ts';
import { optionsOf } from './options.ts';
import { cacheImportsOf, nameOf, sourceOf, targetOf } from './cache.ts';
import { refuseAttestations, refuseExports } from './refused.ts';
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
  for (const one of imports.filter(({ type }) => !READ.includes(type))) {
    const track = progress.track();
    track.begin(`importing cache manifest from ${nameOf(one)}`);
    track.end('not read: a cache of this type is not there yet in Drydock, which has registry and local');
  }
  const of = (wanted: string) => imports.filter(({ type }) => type === wanted);
  const shownAs = (text: string) => (name: string) => {
    const track = progress.track();
    track.begin(`${text} ${name}`);
    return (error?: string) => track.end(error);
  };
  const image = await engine.build({
    ...options,
    cacheFrom: of('registry').map(nameOf),
    cacheSources: of('local').map((one) => sourceOf(one, session, signal)),
    cacheTo: solve.cacheExports
      .filter(({ type }) => type !== 'inline')
      .map((one) => targetOf(one, solve, session, signal)),
    inlineCache: options.inlineCache === true || solve.cacheExports.some(({ type }) => type === 'inline'),
    imports: shownAs('importing cache manifest from'),
    exports: shownAs('exporting cache to'),
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

/** the types of caches */
const READ = ['registry', 'local'];

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
