/** The headers of a client's session: its name, and what names the client's directory. */
const SESSION = 'x-docker-expose-session-uuid';
const SHARED_KEY = 'x-docker-expose-session-sharedkey';

export interface SessionName {
  id: string;
  sharedKey: string;
}

/** `header` gives the value of a header. Undefined when they name no session. */
export function sessionName(header: (name: string) => string | string[] | null | undefined): SessionName | undefined {
  const [id, key] = [header(SESSION), header(SHARED_KEY)];
  if (typeof id !== 'string' || !/^[\w-]{1,128}$/.test(id)) return undefined;
  return { id, sharedKey: typeof key === 'string' ? key.slice(0, 4096) : '' };
}
export const NO_SESSION = `the header ${SESSION} names no session`;
