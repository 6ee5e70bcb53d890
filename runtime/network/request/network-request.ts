/** The part of a create request that concerns networks: Docker Engine API, HostConfig and EndpointSettings. */
type List = readonly string[] | null | undefined;

export interface EndpointAsked {
  IPAMConfig?: { IPv4Address?: string; IPv6Address?: string; LinkLocalIPs?: List } | null;
  MacAddress?: string;
  Aliases?: List;
  /** 'target:alias' */
  Links?: List;
  DriverOpts?: Record<string, string> | null;
  GwPriority?: number;
}
export interface NetworkRequest {
  Hostname?: string;
  /** no network but a loopback device, as --network none */
  NetworkDisabled?: boolean;
  ExposedPorts?: object | null;
  HostConfig: {
    NetworkMode?: string;
    UTSMode?: string;
    Dns?: List;
    DnsSearch?: List;
    DnsOptions?: List;
    ExtraHosts?: List;
    Links?: List;
    PortBindings?: object | null;
    PublishAllPorts?: boolean;
  };
  NetworkingConfig?: { EndpointsConfig?: Record<string, EndpointAsked | null> | null };
}
