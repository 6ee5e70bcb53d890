/** Checks the ranges of limits in POST create and POST update, with Docker's messages. */
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { badParameter } from '../errors/api-error.ts';
import type { HostConfig } from '../request/container-request.ts';

/** Bytes. With less not even a small program starts. */
const MIN_MEMORY = 6 * 1024 * 1024;

/** '0-2,7' → {0,1,2,7}; undefined for anything else. */
export function parseCpuList(text: string): Set<number> | undefined {
  const set = new Set<number>();
  for (const part of text.trim().split(',')) {
    const match = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part);
    if (!match) return undefined;
    const [from, to] = [Number(match[1]), Number(match[2] ?? match[1])];
    if (to < from) return undefined;
    for (let n = from; n <= to; n++) set.add(n);
  }
  return set;
}

function checkSet(given: string | undefined, kind: 'cpus' | 'mems', online: string, what: string): void {
  if (!given) return;
  const wanted = parseCpuList(given);
  if (!wanted) throw badParameter(`Invalid value ${given} for cpuset ${kind}`);
  const available = readFileSync(online, 'utf8').trim();
  const there = parseCpuList(available);
  if ([...wanted].some((n) => !there?.has(n)))
    throw badParameter(`Requested ${what} are not available - requested ${given}, available: ${available}`);
}

type Rule = [wrong: (h: Required<Numbers>) => boolean, message: (h: Required<Numbers>) => string];
type Numbers = { [K in keyof HostConfig as NonNullable<HostConfig[K]> extends number ? K : never]: number };
const count = cpus().length;

/** In Docker's order; the error names the first that is wrong. 0 means "not given". */
const rules: Rule[] = [
  [(h) => h.Memory < 0 || (h.Memory > 0 && h.Memory < MIN_MEMORY), () => 'Minimum memory limit allowed is 6MB'],
  [(h) => h.MemorySwap < -1, (h) => `invalid memory swap limit ${h.MemorySwap}; give a size, or -1 for unlimited swap`],
  [
    (h) => h.Memory > 0 && h.MemorySwap > 0 && h.MemorySwap < h.Memory,
    () => 'Minimum memoryswap limit should be larger than memory limit, see usage',
  ],
  [
    (h) => h.Memory === 0 && h.MemorySwap > 0,
    () => 'You should always set the Memory limit when using Memoryswap limit, see usage',
  ],
  [
    (h) => h.MemorySwappiness < -1 || h.MemorySwappiness > 100,
    (h) => `Invalid value: ${h.MemorySwappiness}, valid memory swappiness range is 0-100`,
  ],
  [
    (h) => h.MemoryReservation < 0 || (h.MemoryReservation > 0 && h.MemoryReservation < MIN_MEMORY),
    () => 'Minimum memory reservation allowed is 6MB',
  ],
  [
    (h) => h.Memory > 0 && h.MemoryReservation > h.Memory,
    () => 'Minimum memory limit can not be less than memory reservation limit, see usage',
  ],
  [(h) => h.NanoCpus > 0 && h.CpuPeriod > 0, () => 'Conflicting options: Nano CPUs and CPU Period cannot both be set'],
  [(h) => h.NanoCpus > 0 && h.CpuQuota > 0, () => 'Conflicting options: Nano CPUs and CPU Quota cannot both be set'],
  [
    (h) => h.NanoCpus < 0 || h.NanoCpus > count * 1e9 || (h.NanoCpus > 0 && h.NanoCpus < 1e7),
    () => `range of CPUs is from 0.01 to ${count}.00, as there are only ${count} CPUs available`,
  ],
  [(h) => h.CpuShares === 1 || h.CpuShares < 0, () => 'The minimum allowed cpu-shares is 2'],
  [(h) => h.CpuShares > 262144, () => 'The maximum allowed cpu-shares is 262144'],
  [
    (h) => h.CpuPeriod !== 0 && (h.CpuPeriod < 1000 || h.CpuPeriod > 1_000_000),
    () => 'CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)',
  ],
  [
    (h) => h.CpuQuota < -1 || (h.CpuQuota > 0 && h.CpuQuota < 1000),
    () => 'CPU cfs quota can not be less than 1ms (i.e. 1000)',
  ],
  [
    (h) => h.BlkioWeight !== 0 && (h.BlkioWeight < 10 || h.BlkioWeight > 1000),
    () => 'Range of blkio weight is from 10 to 1000',
  ],
  [
    (h) => h.OomScoreAdj < -1000 || h.OomScoreAdj > 1000,
    (h) => `Invalid value ${h.OomScoreAdj}, range for oom score adj is [-1000, 1000]`,
  ],
  [(h) => h.ShmSize < 0, () => 'SHM size can not be less than 0'],
];
const zero: Required<Numbers> = {
  Memory: 0,
  MemorySwap: 0,
  MemoryReservation: 0,
  MemorySwappiness: -1,
  OomScoreAdj: 0,
  NanoCpus: 0,
  CpuShares: 0,
  CpuQuota: 0,
  CpuPeriod: 0,
  PidsLimit: 0,
  BlkioWeight: 0,
  ShmSize: 0,
  KernelMemory: 0,
  KernelMemoryTCP: 0,
};

/** Returns warnings. Throws ApiError 400. The types were checked by checkShape. */
export function checkResources(host: HostConfig): string[] {
  const given = Object.fromEntries(
    Object.keys(zero).map((name) => [name, host[name as keyof Numbers] ?? zero[name as keyof Numbers]]),
  ) as unknown as Required<Numbers>;
  const wrong = rules.find(([is]) => is(given));
  if (wrong) throw badParameter(wrong[1](given));
  checkSet(host.CpusetCpus, 'cpus', '/sys/devices/system/cpu/online', 'CPUs');
  checkSet(host.CpusetMems, 'mems', '/sys/devices/system/node/online', 'memory nodes');
  const warnings: string[] = [];
  if (host.KernelMemory || host.KernelMemoryTCP)
    warnings.push('Your kernel does not support kernel memory limit capabilities. Limitation discarded.');
  if (host.OomKillDisable && !given.Memory)
    warnings.push(
      'OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources.',
    );
  return warnings;
}
