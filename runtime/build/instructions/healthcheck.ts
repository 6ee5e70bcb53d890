/** HEALTHCHECK: Dockerfile reference, "HEALTHCHECK". */
import type { Instruction } from '../dockerfile/parse.ts';
import { parseError } from '../dockerfile/parse-error.ts';

const UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };
/** Nanoseconds of a duration as Go writes it: '1m30s'. Undefined for other text. */
function duration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)];
  return Math.round(parts.reduce((sum, [, number, unit]) => sum + Number(number) * UNITS[unit!]!, 0));
}

const fields = {
  interval: 'Interval',
  timeout: 'Timeout',
  'start-period': 'StartPeriod',
  'start-interval': 'StartInterval',
} as const;

/** Throws ApiError 400 in dockerd's words. */
export function healthcheck({ rest, flags, line }: Instruction): object {
  const [, kind = '', behind = ''] = /^(\S+)\s*([^]*)$/.exec(rest) ?? [];
  if (kind.toUpperCase() === 'NONE') {
    if (behind) throw parseError(line, 'HEALTHCHECK NONE takes no arguments');
    return { Test: ['NONE'] };
  }
  if (kind.toUpperCase() !== 'CMD')
    throw parseError(line, `Unknown type ${JSON.stringify(kind)} in HEALTHCHECK (try CMD)`);
  if (!behind) throw parseError(line, 'Missing command after HEALTHCHECK CMD');
  const check: Record<string, unknown> = { Test: test(behind) };
  for (const [flag, field] of Object.entries(fields)) {
    const text = flags.get(flag);
    if (text === undefined) continue;
    const value = duration(text);
    if (value === undefined) throw parseError(line, `time: invalid duration ${JSON.stringify(text)}`);
    if (value && value < 1e6) throw parseError(line, `Interval ${JSON.stringify(flag)} cannot be less than 1ms`);
    check[field] = value;
  }
  const retries = flags.get('retries');
  if (retries !== undefined && !/^\d{1,9}$/.test(retries))
    throw parseError(line, `--retries must be at least 0 (not ${retries})`);
  return { ...check, ...(retries && { Retries: Number(retries) }) };
}

function test(text: string): string[] {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return ['CMD', ...value];
  } catch {
    // the shell form
  }
  return ['CMD-SHELL', text];
}
