/** Flags of `docker run` that Drydock does not have. They are refused by name and with a reason, never ignored. */
const reasons: readonly [reason: string, flags: readonly string[]][] = [
  ['the rw layer has no options', ['--storage-opt']],
  ['devices are given with --device', ['--gpus']],
  ['Drydock is the runtime', ['--runtime']],
  ['realtime scheduling is not limited', ['--cpu-rt-period', '--cpu-rt-runtime']],
  ['this is Linux', ['--isolation', '--cpu-count', '--cpu-percent', '--io-maxbandwidth', '--io-maxiops']],
  ['the kernel has no such limit any more', ['--kernel-memory']],
  ['signatures are not checked', ['--disable-content-trust']],
  ['bind the socket with -v', ['--use-api-socket']],
];

export const refusedFlags: Readonly<Record<string, string>> = Object.fromEntries(
  reasons.flatMap(([reason, flags]) => flags.map((flag) => [flag, reason])),
);
