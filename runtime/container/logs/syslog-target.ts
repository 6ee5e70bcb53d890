/** Where the lines of a container with --log-driver syslog go. */

/** '' is the form that local sockets expect: no host name. */
export const formats = ['', 'rfc3164', 'rfc5424', 'rfc5424micro'] as const;

/** Where the lines go. `local`: the first socket of syslog(3) on this host that answers. */
export type SyslogAddress =
  | { network: 'local' }
  | { network: 'unix' | 'unixgram'; path: string }
  | { network: 'udp' | 'tcp'; host: string; port: number };
export interface SyslogTarget {
  address: SyslogAddress;
  /** 0 to 23 */
  facility: number;
  format: (typeof formats)[number];
  /** the template of --log-opt tag */
  tag: string;
}
