import { constants } from 'node:os';
import { badParameter } from '../errors/api-error.ts';

const SIGRTMIN = 34;
const SIGRTMAX = 64;

/** The number of a real-time signal as signal(7) writes it: RTMIN, RTMIN+3, RTMAX-2; undefined for other names. */
function realTime(name: string): number | undefined {
  const [, base, offset = '0'] = /^(RTMIN|RTMAX)([+-]\d{1,2})?$/.exec(name) ?? [];
  if (!base) return undefined;
  const number = (base === 'RTMIN' ? SIGRTMIN : SIGRTMAX) + Number(offset);
  return number >= SIGRTMIN && number <= SIGRTMAX ? number : undefined;
}

/** 'SIGTERM', 'term' or '15' → 15. Throws ApiError 400 `Invalid signal: X`. */
export function parseSignal(signal: string | number): number {
  const text = String(signal).trim().toUpperCase();
  const name = text.replace(/^SIG/, '');
  const names: Record<string, number> = constants.signals;
  const number = /^\d{1,3}$/.test(text)
    ? Number(text)
    : Object.hasOwn(names, `SIG${name}`)
      ? names[`SIG${name}`]
      : realTime(name);
  if (number === undefined || number < 1 || number > SIGRTMAX) throw badParameter(`Invalid signal: ${signal}`);
  return number;
}
