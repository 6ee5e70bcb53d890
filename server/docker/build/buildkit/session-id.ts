/** The header that names a client's session. */
export const SESSION = 'x-docker-expose-session-uuid';
export const isSessionId = (text: string): boolean => /^[\w-]{1,128}$/.test(text);
