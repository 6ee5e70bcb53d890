/** moby.buildkit.v1.frontend.LLBBridge: the client builds through it, and returns what is to be exported. */
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import { workers } from './control.ts';
import { asConnectError } from './failures.ts';
import type { LLBBridge, Result } from './proto/gateway_pb.ts';
import { buildInto, type Context } from './run-build.ts';
import type { Solve } from './solve.ts';

/** What a client asks for before it uses it: names of moby/buildkit, frontend/gateway/pb/caps.go. */
const CAPABILITIES = ['solve.base', 'solve.inlinereturn', 'return', 'returnmap', 'proto.refarray', 'frontend.inputs'];
const BUILD = 'buildkit-controlapi-buildid';

const referencesOf = ({ result }: Result): string[] => {
  if (result.case === 'ref') return [result.value.id];
  if (result.case === 'refDeprecated') return [result.value];
  return result.case === 'refs' ? Object.values(result.value.refs).map(({ id }) => id) : [];
};

export function bridge(context: Context): Partial<ServiceImpl<typeof LLBBridge>> {
  const solveOf = ({ requestHeader, signal }: HandlerContext): Promise<Solve> =>
    context.solves.when(requestHeader.get(BUILD) ?? '', 'build', signal);
  const capabilities = CAPABILITIES.map((ID) => ({ ID, Enabled: true }));
  return {
    async ping(_request, call) {
      await solveOf(call);
      return { FrontendAPICaps: capabilities, LLBCaps: [], Workers: workers() };
    },
    async solve({ Definition, Frontend, FrontendOpt, FrontendInputs }, call) {
      const solve = await solveOf(call);
      if (Definition?.def.length || Object.keys(FrontendInputs).length)
        throw new ConnectError(
          'building from LLB: not there yet in Drydock, which reads Dockerfiles',
          Code.Unimplemented,
        );
      try {
        const id = Frontend ? await buildInto(context, solve, Frontend, FrontendOpt) : '';
        return { ref: id, result: { result: { case: 'ref', value: { id } } } };
      } catch (error) {
        throw asConnectError(error);
      }
    },
    async return({ result, error }, call) {
      const solve = await solveOf(call);
      if (error) solve.fail(new ConnectError(error.message, error.code as Code));
      else solve.give(result ? referencesOf(result) : []);
      return {};
    },
  };
}
