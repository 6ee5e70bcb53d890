/** ipvlan: a link that shares the hardware address of a link of the host. Its steps are those of macvlan. */
import { onParent } from '../macvlan/driver.ts';

export const ipvlan = onParent('ipvlan');
