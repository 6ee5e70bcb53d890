/** Why a start failed, as the client gets it: Engine API, "Start a container". */
import { errnoText } from '../kernel/errno-text.ts';
import { NotExecutable } from '../oci/program.ts';
import { Aborted } from './gate.ts';
import { Refusal } from './refusal.ts';

export interface StartFailure { refusal: Refusal; exitCode: number }

/** The step it failed in, for whoever wants to look at it with `drydock trace`. */
const stepOf = (error: unknown) => (error as { step?: string }).step;

export function startFailure(error: unknown): StartFailure {
  if (error instanceof NotExecutable) return { refusal: new Refusal(400, error.message, { cause: error }), exitCode: error.exitCode };
  if (error instanceof Refusal) return { refusal: error, exitCode: 128 };
  if (error instanceof Aborted) return { refusal: new Refusal(409, `${error.message}; everything was undone`, { cause: error }), exitCode: 130 };
  const step = stepOf(error);
  const words = error instanceof Error ? error.message : errnoText(String(error));
  return { refusal: new Refusal(500, `${step ? `step ${step}: ` : ''}${words}`, { cause: error }), exitCode: 128 };
}
