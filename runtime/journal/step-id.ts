/**
 * The ids of steps in events and breakpoints. A step that is taken several times in one phase, once for each endpoint
 * of a container for instance, has an instance for each:
 *
 *   network.create-veth          the step, and its id where it is taken once
 *   network.create-veth@front    its instance for the network `front`
 */

export const instanceOf = (step: string, of: string): string => `${step}@${of}`;

/** 'network.create-veth@front' → 'network.create-veth': the step whose texts apply. */
export const stepOf = (id: string): string => id.replace(/@.*$/s, '');
