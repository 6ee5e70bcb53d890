/** What POST /build sets for the containers of RUN: --add-host, --memory, --ulimit and others. */
import type { RunLimits } from '../../../runtime/build/build.ts';
import { badParameter } from '../../../runtime/errors/api-error.ts';
import { checkShape } from '../../../runtime/request/request-shape.ts';
import type { Exchange } from '../http/route.ts';
import { json } from './json-query.ts';

const NUMBERS = [
  ['memory', 'Memory'],
  ['memswap', 'MemorySwap'],
  ['cpushares', 'CpuShares'],
  ['cpuperiod', 'CpuPeriod'],
  ['cpuquota', 'CpuQuota'],
  ['shmsize', 'ShmSize'],
] as const;
const TEXTS = [
  ['cpusetcpus', 'CpusetCpus'],
  ['cpusetmems', 'CpusetMems'],
  ['cgroupparent', 'CgroupParent'],
] as const;

/** Throws ApiError 400 for a value of another type. The values themselves are checked when the container is created. */
export function limitsOf(x: Exchange): RunLimits {
  const { query } = x;
  const ulimits = json(x, 'ulimits');
  const hosts = query.list('extrahosts');
  return checked({
    ...Object.fromEntries(NUMBERS.map(([name, key]) => [key, query.integer(name) ?? 0]).filter(([, value]) => value)),
    ...Object.fromEntries(TEXTS.map(([name, key]) => [key, query.text(name)]).filter(([, value]) => value)),
    ...(hosts.length && { ExtraHosts: hosts }),
    ...(ulimits !== null && { Ulimits: ulimits }),
  });
}

/** The same of BuildKit: 'a=10.0.0.1,b=::1', 'nofile=1024:2048,nproc=512'. Throws ApiError 400. */
export function limitsOfAttributes(attributes: Readonly<Record<string, string>>): RunLimits {
  const list = (name: string) => (attributes[name] ?? '').split(',').filter(Boolean);
  const [hosts, ulimits] = [list('add-hosts'), list('ulimit')];
  const [shm, parent] = [attributes['shm-size'], attributes['cgroup-parent']];
  return checked({
    ...(hosts.length && { ExtraHosts: hosts }),
    ...(ulimits.length && { Ulimits: ulimits.map(ulimitOf) }),
    ...(shm && { ShmSize: wholeNumber('shm-size', shm) }),
    ...(parent && { CgroupParent: parent }),
  });
}

function ulimitOf(text: string): object {
  const [, Name, soft, hard = soft] = /^(\w+)=(-?\d+)(?::(-?\d+))?$/.exec(text) ?? [];
  if (!Name) throw badParameter(`invalid ulimit of a build: ${text}`);
  return { Name, Soft: wholeNumber('ulimit', soft!), Hard: wholeNumber('ulimit', hard!) };
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw badParameter(`invalid ${name} of a build: ${text}`);
  return value;
}

/** Throws ApiError 400. */
function checked(limits: object): RunLimits {
  checkShape({ HostConfig: limits });
  return limits;
}
