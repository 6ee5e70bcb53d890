/** Flags of `docker run` that Drydock does not have: refused by name and with a reason, never ignored. */
export const refusedFlags: Record<string, string> = {
  '-p': 'ports are not published; connect to the address that `drydock inspect` shows', '--publish': 'ports are not published; connect to the address that `drydock inspect` shows',
  '-P': 'ports are not published', '--publish-all': 'ports are not published', '--expose': 'ports are not published',
  '--link': 'containers find each other by address', '--link-local-ip': 'there is no IPv6', '--ip6': 'there is no IPv6', '--network-alias': 'there is no name server for containers',
  '--net-alias': 'there is no name server for containers', '--volumes-from': 'volumes are not supported; use -v with a path', '--volume-driver': 'volumes are not supported; use -v with a path',
  '--storage-opt': 'the rw layer has no options', '--gpus': 'devices are given with --device', '--runtime': 'Drydock is the runtime', '--isolation': 'this is Linux',
  '--log-driver': 'the log is always a file', '--log-opt': 'the log is always a file', '--health-cmd': 'health checks are not run', '--health-interval': 'health checks are not run',
  '--health-retries': 'health checks are not run', '--health-timeout': 'health checks are not run', '--health-start-period': 'health checks are not run', '--health-start-interval': 'health checks are not run',
  '--no-healthcheck': 'health checks are not run', '--cpu-rt-period': 'realtime scheduling is not limited', '--cpu-rt-runtime': 'realtime scheduling is not limited',
  '--cpu-count': 'this is Linux', '--cpu-percent': 'this is Linux', '--io-maxbandwidth': 'this is Linux', '--io-maxiops': 'this is Linux',
  '--blkio-weight-device': 'only --blkio-weight is supported', '--kernel-memory': 'the kernel has no such limit any more', '--disable-content-trust': 'signatures are not checked', '--use-api-socket': 'bind the socket with -v',
};
