/** Errors of the runtime as gRPC's. */
import { Code, ConnectError } from '@connectrpc/connect';

/** The code is Unknown, because clients put every other code before the message. */
export function asConnectError(error: unknown): ConnectError {
  if (error instanceof ConnectError) return error;
  return new ConnectError(error instanceof Error ? error.message : String(error), Code.Unknown);
}
