/**
 * uvu with two additions: a test whose requirements this machine lacks is skipped, with the reason; and an error in
 * `before` is printed. uvu alone says then only that no test has run.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { suite as uvuSuite } from 'uvu';

const onPath = (program: string) =>
  (process.env['PATH'] ?? '')
    .split(':')
    .concat('/usr/sbin', '/sbin')
    .some((dir) => existsSync(`${dir}/${program}`));

/** Set by `npm run test:fast`: what requires root is skipped, so that each user runs the same tests. */
export const fast = process.env['DRYDOCK_TEST_FAST'] !== undefined;

/** Requirements that are not programs; any other requirement is the name of a program. */
const features: Record<string, () => boolean> = {
  root: () => process.getuid?.() === 0 && !fast,
  cgroup1: () => existsSync('/sys/fs/cgroup/memory'),
  cgroup2: () => existsSync('/sys/fs/cgroup/cgroup.controllers'),
  docker: () => onPath('docker'),
};

export function missing(...needs: string[]): string | undefined {
  const lacking = needs.filter((need) => !(features[need] ?? (() => onPath(need)))());
  return lacking.length ? `requires ${lacking.join(', ')}` : undefined;
}

type Body = () => void | Promise<void>;
export interface Suite {
  (name: string, body: Body): void;
  (needs: string[], name: string, body: Body): void;
  before(hook: Body): void;
  after(hook: Body): void;
  run(): void;
}

const printed = (title: string, hook: Body) => async () => {
  try {
    await hook();
  } catch (error) {
    console.error(`FAIL ${title}: before the tests: ${error instanceof Error ? error.stack : String(error)}`);
    throw error;
  }
};

/** `needs` of the suite apply to each of its tests. */
export function suite(title: string, ...needs: string[]): Suite {
  const tests = uvuSuite(title);
  const lacks = missing(...needs);
  const add = (first: string | string[], second: string | Body, third?: Body) => {
    const [more, name, body] = Array.isArray(first)
      ? [first, second as string, third as Body]
      : [[] as string[], first, second as Body];
    const reason = lacks ?? missing(...more);
    if (!reason) return tests(name, body);
    console.log(`SKIP ${title}: ${name}: ${reason}`);
    tests.skip(name, body);
  };
  return Object.assign(add, {
    before: (hook: Body) => void (lacks || tests.before(printed(title, hook))),
    after: (hook: Body) => void (lacks || tests.after(hook)),
    run: () => tests.run(),
  }) as Suite;
}

export const sh = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
