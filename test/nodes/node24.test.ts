/** The short suite on Node 24, if the whole suite runs on another version. */
import { shortSuite } from './on-node.ts';

await shortSuite(24);
