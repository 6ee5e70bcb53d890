/** Why --cache-from changes nothing. The build goes on, because its result is the same without. */
export const OWN_CACHE = 'not read: Drydock looks in its own cache, which has all builds of this daemon';
