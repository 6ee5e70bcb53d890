/** The health check's flags: Engine API, "HealthConfig". */
import { Failure } from '../failure/failure.ts';
import { integer, type Body, type Flag } from './flag.ts';
import { goDuration } from './seconds.ts';

type Health = NonNullable<Body['Healthcheck']>;
const add = (body: Body, more: Health): void => void (body.Healthcheck = { ...body.Healthcheck, ...more });

function notNegative<T extends number>(value: T): T {
  if (value < 0) throw new Error('it cannot be negative');
  return value;
}
function nanoseconds(text: string): number {
  const seconds = goDuration(text.replace(/^-/, ''));
  if (seconds === undefined) throw new Error('give a duration like 30s or 1m30s');
  return notNegative(text.startsWith('-') ? -seconds : Math.round(seconds * 1e9));
}

export const healthFlags: readonly Flag[] = [
  {
    flags: '--health-cmd <command>',
    help: 'run this in the container again and again; exit code 0 means healthy',
    set: (b, v) => add(b, { Test: ['CMD-SHELL', v] }),
  },
  {
    flags: '--health-interval <duration>',
    help: 'the time between two checks (30s)',
    set: (b, v) => add(b, { Interval: nanoseconds(v) }),
  },
  {
    flags: '--health-timeout <duration>',
    help: 'a check that takes longer has failed, and is killed (30s)',
    set: (b, v) => add(b, { Timeout: nanoseconds(v) }),
  },
  {
    flags: '--health-retries <number>',
    help: 'so many failures in a row make it unhealthy (3)',
    set: (b, v) => add(b, { Retries: notNegative(integer(v)) }),
  },
  {
    flags: '--health-start-period <duration>',
    help: 'failures do not count in this time after the start (0s)',
    set: (b, v) => add(b, { StartPeriod: nanoseconds(v) }),
  },
  {
    flags: '--health-start-interval <duration>',
    help: 'the time between two checks during the start period (5s)',
    set: (b, v) => add(b, { StartInterval: nanoseconds(v) }),
  },
  {
    flags: '--no-healthcheck',
    help: "do not run the image's health check",
    set: (b) => {
      if (b.Healthcheck) throw new Failure('--no-healthcheck conflicts with --health-* options', 125, { usage: true });
      b.Healthcheck = { Test: ['NONE'] };
    },
  },
];
