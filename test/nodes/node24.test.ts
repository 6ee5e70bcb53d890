/** A short suite on Node 24, where the whole one runs on another version. */
import { shortSuite } from './on-node.ts';

await shortSuite(24);
