/** The reason of a failed start, for the client: Engine API, "Start a container". */
import { errnoText } from '../syscalls/errno-text.ts';
import { CannotStart } from '../oci/program.ts';
import { Aborted } from './gate.ts';
import { ApiError } from '../errors/api-error.ts';

export interface StartFailure {
  refusal: ApiError;
  exitCode: number;
}

const noNftables = 'this kernel has no nf_tables; load it with modprobe nf_tables, or run with --network none or host';
/** Missing features of the machine, by step and errno, and how to get them. */
const lacks: Record<string, Record<string, string>> = {
  'rw-layer.mount-overlay': { ENODEV: 'this kernel has no overlay file system; load it with modprobe overlay' },
  'network.ensure-bridge': {
    EOPNOTSUPP: 'this kernel has no bridges; load them with modprobe bridge, or run with --network none or host',
  },
  'network.create-veth': {
    EOPNOTSUPP: 'this kernel has no veth pairs; load them with modprobe veth, or run with --network none or host',
  },
  'network.masquerade': { EPROTONOSUPPORT: noNftables, ENOENT: noNftables },
  'network.forwarding': { EPROTONOSUPPORT: noNftables, ENOENT: noNftables },
};
const lackOf = (step: string | undefined, error: unknown) =>
  lacks[step ?? '']?.[(error as { code?: string } | null)?.code ?? ''];

const ALL = '; everything was undone';
/** `left` has a line for each step that could not be undone. It replaces what the message said about this before. */
export function notUndone(message: string, left: readonly string[]): string {
  const before = message.replace(/; could not be undone: [^]*$/, '');
  if (!left.length) return before;
  return `${before.endsWith(ALL) ? before.slice(0, -ALL.length) : before}; could not be undone: ${left.join('; ')}; rm, a start and the daemon's next start try again`;
}
export const withRest = ({ refusal, exitCode }: StartFailure, left: readonly string[]): StartFailure => ({
  refusal: left.length
    ? new ApiError(refusal.status, notUndone(refusal.message, left), {
        cause: refusal.cause ?? refusal,
        exitCode: refusal.exitCode,
      })
    : refusal,
  exitCode,
});

/** The step that failed, so that the user can look at it with `drydock trace`. */
const stepOf = (error: unknown) => (error as { step?: string }).step;

export function startFailure(error: unknown): StartFailure {
  if (error instanceof CannotStart)
    return {
      refusal: new ApiError(400, error.message, { cause: error, exitCode: error.runCode }),
      exitCode: error.exitCode,
    };
  if (error instanceof ApiError) return { refusal: error, exitCode: 128 };
  if (error instanceof Aborted)
    return { refusal: new ApiError(409, `${error.message}${ALL}`, { cause: error }), exitCode: 130 };
  const step = stepOf(error);
  const words = error instanceof Error ? error.message : errnoText(String(error));
  const lack = lackOf(step, error);
  return {
    refusal: new ApiError(500, `${step ? `step ${step}: ` : ''}${words}${lack ? `; ${lack}` : ''}`, { cause: error }),
    exitCode: 128,
  };
}
