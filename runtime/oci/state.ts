/** runtime.md, "State": what an OCI runtime says of a container. */
import { OCI_VERSION } from './default-spec.ts';

export interface OciState { ociVersion: string; id: string; status: 'creating' | 'created' | 'running' | 'stopped'; pid?: number; bundle: string; annotations?: Record<string, string> }

/** `pid` as the host sees it; a stopped container has none. */
export function ociState(id: string, status: OciState['status'], bundle: string, pid?: number, annotations?: Record<string, string>): OciState {
  return { ociVersion: OCI_VERSION, id, status, ...(pid && status !== 'stopped' && { pid }), bundle, ...(annotations && Object.keys(annotations).length && { annotations }) };
}
