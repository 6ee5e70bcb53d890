/** moby.buildkit.v1.Control: what the daemon is, and the builds. */
import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect';
import { hostPlatform } from '../../../../runtime/image/manifest/platform.ts';
import pkg from '../../../../package.json' with { type: 'json' };
import type { Control, SolveRequest } from './proto/control_pb.ts';
import { answerOf } from './export.ts';
import { asConnectError } from './failures.ts';
import { refuseExports } from './refused.ts';
import { buildInto, type Context } from './run-build.ts';
import { NO_SESSION, sessionName } from './session-id.ts';
import { Tunnel } from './tunnel.ts';
import { filterOf, pruneOf, recordOf } from './usage.ts';
import { Solve, type CacheExport, type Exporter } from './solve.ts';

/** How long the progress of a build can be asked for after its end, in milliseconds. */
const STATUS_MS = 10_000;

const version = { package: 'drydock', version: `v${pkg.version}`, revision: '' };

const WORKER = 'org.mobyproject.buildkit.worker';
/**
 * buildx offers `--output type=oci` and `--cache-to` of other types than inline only to a worker with a snapshotter.
 *
 * The daemon itself, as the only place where something is built.
 */
export const workers = (): { ID: string; Labels: Record<string, string>; platforms: object[] }[] => {
  const { os, architecture, variant = '' } = hostPlatform();
  const platforms = [{ OS: os, Architecture: architecture, Variant: variant }];
  const Labels = { [`${WORKER}.executor`]: 'drydock', [`${WORKER}.snapshotter`]: 'drydock' };
  return [{ ID: 'drydock', Labels, platforms }];
};

/** How a client's Solve wants its result; older clients name one exporter in two fields. */
function exportersOf({ Exporters, ExporterDeprecated, ExporterAttrsDeprecated }: SolveRequest): Exporter[] {
  if (Exporters.length) return Exporters.map(({ Type, Attrs }) => ({ type: Type, attributes: Attrs }));
  return ExporterDeprecated ? [{ type: ExporterDeprecated, attributes: ExporterAttrsDeprecated }] : [];
}

const cacheExportsOf = ({ Cache }: SolveRequest): CacheExport[] =>
  (Cache?.Exports ?? []).map(({ Type, Attrs }) => ({ type: Type, attributes: Attrs }));

export function control(context: Context): Partial<ServiceImpl<typeof Control>> {
  return {
    info: () => ({ buildkitVersion: version }),
    listWorkers: () => ({ record: workers().map((one) => ({ ...one, BuildkitVersion: version })) }),

    async *session(messages, { requestHeader, signal }) {
      const name = sessionName((header) => requestHeader.get(header));
      if (!name) throw new ConnectError(NO_SESSION, Code.InvalidArgument);
      const tunnel = new Tunnel(messages);
      signal.addEventListener('abort', () => tunnel.destroy());
      context.sessions.join(name, tunnel);
      yield* tunnel.messages();
    },

    async diskUsage({ filter }) {
      const isWanted = filterOf(filter);
      return { record: (await context.engine.builds.usage.list()).filter(isWanted).map(recordOf) };
    },
    async *prune(request) {
      for (const removed of await context.engine.builds.usage.prune(pruneOf(request))) yield recordOf(removed);
    },

    async solve(request, { signal }) {
      const solve = new Solve(
        request.Session,
        exportersOf(request),
        cacheExportsOf(request),
        request.Entitlements,
        signal,
      );
      context.solves.add(request.Ref, solve);
      let message: string | undefined;
      try {
        refuseExports(solve);
        if (request.Frontend) {
          const reference = await buildInto(context, solve, request.Frontend, request.FrontendAttrs);
          solve.give([reference]);
        }
        const answer = await answerOf(context, solve);
        const { cacheManifest } = solve;
        return { ExporterResponse: { ...answer, ...(cacheManifest && { 'cache.manifest': cacheManifest }) } };
      } catch (error) {
        const failure = asConnectError(error);
        message = failure.rawMessage;
        throw failure;
      } finally {
        solve.progress.end(message);
        // the client's Status may come after the end of a short build
        setTimeout(() => context.solves.delete(request.Ref), STATUS_MS).unref();
      }
    },

    async *status({ Ref }, { signal }) {
      const solve = await context.solves.when(Ref, 'build', signal);
      yield* solve.progress.changes(signal);
    },
  };
}
