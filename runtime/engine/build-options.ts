/** The request of a build, as the server hands it on. */
import type { BuildRequest } from '../build/build.ts';
import type { Walking } from '../operation/walking.ts';

export type BuildOptions = BuildRequest & Walking;
