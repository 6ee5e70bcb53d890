/**
 * Health checks: what is asked of a container, and what the results of its probes make of its state. Engine API,
 * "HealthConfig" and "Health".
 *
 *   starting ── a probe succeeds ──→ healthy ⇄ unhealthy (after `retries` failures in a row)
 *       └─────────── `retries` failures after the start period ───────┘
 */
import { badParameter } from '../errors/api-error.ts';
import type { ImageConfig } from '../image/manifest/image.ts';
import type { ContainerConfig, HealthConfig } from '../request/container-request.ts';

/** Times in ms. */
export interface HealthCheck {
  command: string[];
  interval: number;
  timeout: number;
  startPeriod: number;
  startInterval: number;
  retries: number;
}
export type HealthStatus = 'starting' | 'healthy' | 'unhealthy';
/** One probe. Times in ms since 1970; the exit code is -1 when the probe did not start, or did not end in time. */
export interface HealthResult {
  start: number;
  end: number;
  exitCode: number;
  output: string;
}
/** What inspect shows, and what is kept in the container's record. */
export interface Health {
  status: HealthStatus;
  failingStreak: number;
  log: HealthResult[];
}

const TIMES = ['Interval', 'Timeout', 'StartPeriod', 'StartInterval'] as const;
const MS = 1_000_000;
const RESULTS_KEPT = 5;
/** The longest delay of a timer. */
const LONGEST = 2 ** 31 - 1;

const whole = (value: unknown): number => (Number.isSafeInteger(value) ? (value as number) : 0);

/** The check of an image. Its JSON may hold a value of any type here. */
function imageHealth(value: unknown): HealthConfig | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const from = value as Record<string, unknown>;
  const test = Array.isArray(from['Test']) ? from['Test'] : [];
  const numbers = [...TIMES, 'Retries' as const].flatMap((name) => {
    const number = whole(from[name]);
    return number > 0 ? [[name, number] as const] : [];
  });
  return {
    ...(test.length && test.every((word) => typeof word === 'string') && { Test: test as string[] }),
    ...Object.fromEntries(numbers),
  };
}

/** The request's check. What it leaves out comes from the image. */
export function mergeHealth(
  own: HealthConfig | null | undefined,
  image: ImageConfig | undefined,
): HealthConfig | undefined {
  const base = imageHealth(image?.config?.Healthcheck);
  if (!own || !base) return own ?? base;
  const given = Object.entries(own).filter(([, value]) => (Array.isArray(value) ? value.length > 0 : Boolean(value)));
  return { ...base, ...(Object.fromEntries(given) as HealthConfig) };
}

/** Throws ApiError 400 in dockerd's words. */
export function checkHealth(health: HealthConfig | null | undefined): void {
  for (const name of TIMES) {
    const value = health?.[name] ?? 0;
    if (value !== 0 && value < MS) throw badParameter(`${name} in Healthcheck cannot be less than 1ms`);
  }
  if ((health?.Retries ?? 0) < 0) throw badParameter('Retries in Healthcheck cannot be negative');
}

/** Undefined when nothing is to be run: there is no check, or it is NONE. */
export function healthCheckOf(request: ContainerConfig, image: ImageConfig | undefined): HealthCheck | undefined {
  const health = mergeHealth(request.Healthcheck, image);
  const [kind, ...words] = health?.Test ?? [];
  const shell = request.Shell?.length ? request.Shell : ['/bin/sh', '-c'];
  const command = kind === 'CMD-SHELL' ? [...shell, ...words] : kind === 'CMD' ? words : [];
  if (!command.length) return undefined;
  const ms = (name: (typeof TIMES)[number], otherwise: number) =>
    Math.min((health?.[name] ?? 0) / MS || otherwise, LONGEST);
  return {
    command,
    interval: ms('Interval', 30_000),
    timeout: ms('Timeout', 30_000),
    startPeriod: ms('StartPeriod', 0),
    startInterval: ms('StartInterval', 5_000),
    retries: health?.Retries || 3,
  };
}

/** The time from the end of one probe to the start of the next. `age`: since the container's start. */
export const intervalOf = (check: HealthCheck, { status }: Health, age: number): number =>
  status === 'starting' && age < check.startPeriod ? check.startInterval : check.interval;

/** The state after one more probe. A failure in the start period does not count. */
export function after(health: Health, check: HealthCheck, result: HealthResult, startedAt: number): Health {
  const log = [...health.log, result].slice(-RESULTS_KEPT);
  if (result.exitCode === 0) return { status: 'healthy', failingStreak: 0, log };
  if (health.status === 'starting' && result.start - startedAt < check.startPeriod) return { ...health, log };
  const failingStreak = health.failingStreak + 1;
  return { status: failingStreak >= check.retries ? 'unhealthy' : health.status, failingStreak, log };
}

/** A record may be damaged, or of another version. */
export function isHealth(value: unknown): value is Health {
  const { status, failingStreak, log } = (value ?? {}) as Partial<Health>;
  return (
    ['starting', 'healthy', 'unhealthy'].includes(status as string) &&
    Number.isSafeInteger(failingStreak) &&
    Array.isArray(log) &&
    log.every(
      (one) =>
        one !== null &&
        typeof one === 'object' &&
        Number.isFinite(one.start) &&
        Number.isFinite(one.end) &&
        Number.isSafeInteger(one.exitCode) &&
        typeof one.output === 'string',
    )
  );
}
