/** Carries an operation out step by step: --step and --break of the network's verbs. */
import type { Client } from '../../client/client.ts';
import type { OperationAnswer } from '../../step/operation-walk.ts';

export interface WalkFlags {
  step?: boolean | undefined;
  break?: string[] | undefined;
}

export async function walked(
  client: Client,
  { step, break: at }: WalkFlags,
  kind: string,
  body: object,
): Promise<OperationAnswer> {
  const { OperationWalk } = await import('../../step/operation-walk.ts');
  const walk = await OperationWalk.open(client, { ...(step && { step }), ...(at && { break: at }) });
  return walk.go({ kind, ...body });
}
