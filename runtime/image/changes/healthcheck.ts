/** HEALTHCHECK [--interval=30s …] CMD command, or HEALTHCHECK NONE: Dockerfile reference, "HEALTHCHECK". */
import { badParameter } from '../../errors/api-error.ts';

const UNITS: Record<string, number> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };
const times: Record<string, string> = {
  interval: 'Interval',
  timeout: 'Timeout',
  'start-period': 'StartPeriod',
  'start-interval': 'StartInterval',
};

/** '1m30s' in nanoseconds. */
function nanoseconds(flag: string, text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)];
  if (!parts.length || parts.map(([part]) => part).join('') !== text)
    throw badParameter(`invalid duration ${JSON.stringify(text)} for --${flag}`);
  return Math.round(parts.reduce((sum, [, value, unit]) => sum + Number(value) * UNITS[unit!]!, 0));
}

/** Engine API, "HealthConfig". Throws ApiError 400. */
export function healthcheck(text: string, execForm: (text: string) => string[] | undefined): object {
  const options: Record<string, number> = {};
  let rest = text;
  for (let flag = /^--([a-z-]+)=(\S*)\s*/.exec(rest); flag; flag = /^--([a-z-]+)=(\S*)\s*/.exec(rest)) {
    const [whole, name = '', value = ''] = flag;
    if (Object.hasOwn(times, name)) options[times[name]!] = nanoseconds(name, value);
    else if (name === 'retries' && /^\d+$/.test(value)) options['Retries'] = Number(value);
    else throw badParameter(`unknown flag: ${name}`);
    rest = rest.slice(whole.length);
  }
  const [, kind = '', command = ''] = /^(\S+)\s*(.*)$/s.exec(rest) ?? [];
  if (kind.toUpperCase() === 'NONE') {
    if (command) throw badParameter('HEALTHCHECK NONE takes no arguments');
    return { Test: ['NONE'] };
  }
  if (kind.toUpperCase() !== 'CMD') throw badParameter(`Unknown type ${JSON.stringify(kind)} in HEALTHCHECK (try CMD)`);
  if (!command) throw badParameter('Missing command after HEALTHCHECK CMD');
  const exec = execForm(command);
  return { Test: exec ? ['CMD', ...exec] : ['CMD-SHELL', command], ...options };
}
