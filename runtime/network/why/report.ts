/** What `drydock why` answers: the hops that a packet meets, with evidence, and one sentence. */

export type HopKind =
  | 'name'
  | 'route'
  | 'neighbour'
  | 'rules'
  | 'bridge'
  | 'published'
  | 'translation'
  | 'proxy'
  | 'arrival'
  | 'listener'
  | 'answer'
  | 'way-back';

export interface Hop {
  kind: HopKind;
  /** the network namespace it is in: 'host', 'outside', or the name of a container */
  where: string;
  title: string;
  /** lines as the kernel, a server or a file has them */
  evidence: readonly string[];
  /** the packet, or the question for the name, goes no further than here */
  stops?: true;
}

export interface Report {
  from: string;
  to: string;
  reachable: boolean;
  hops: readonly Hop[];
  /** 'web reaches db:5432', or where it stops and why */
  sentence: string;
  /** what would change that; absent when it is reachable */
  change?: string;
}

/** What ends a walk before its end. */
export interface Stop {
  why: string;
  change: string;
  /** the kind of the hop that it goes no further than; without it the last one */
  at?: HopKind;
}
