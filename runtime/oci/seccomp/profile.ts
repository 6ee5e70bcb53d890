/** Seccomp profiles, as Docker's JSON with conditions or as plain OCI JSON → the OCI object for one container. */
import { release } from 'node:os';
import { parseJson } from '../../json/parse-json.ts';
import { badParameter } from '../../errors/api-error.ts';
import type { Seccomp, SeccompRule } from '../spec.ts';
import { defaultProfile, withSocketcall } from './default-profile.ts';
import { checkProfile } from './check-profile.ts';
import type { Profile, ProfileRule } from './profile-format.ts';

/** the native architecture's name in Docker's profiles, and in the OCI specification */
const ARCH =
  process.arch === 'arm64'
    ? { docker: 'arm64', oci: 'SCMP_ARCH_AARCH64' }
    : { docker: 'amd64', oci: 'SCMP_ARCH_X86_64' };

function kernelAtLeast(version: string): boolean {
  const [want = 0, wantMinor = 0] = version.split('.').map(Number);
  const [have = 0, haveMinor = 0] = release()
    .split('.')
    .map((part) => parseInt(part, 10));
  return have > want || (have === want && haveMinor >= wantMinor);
}

/** Whether a rule applies: all conditions of `includes` hold, and none of `excludes`. */
function applies({ includes, excludes }: ProfileRule, capabilities: readonly string[]): boolean {
  const has = (c: string) => capabilities.includes(c);
  const out =
    excludes?.arches?.includes(ARCH.docker) ||
    excludes?.caps?.some(has) ||
    (excludes?.minKernel && kernelAtLeast(excludes.minKernel));
  if (out) return false;
  return (
    (!includes?.arches?.length || includes.arches.includes(ARCH.docker)) &&
    (includes?.caps ?? []).every(has) &&
    (!includes?.minKernel || kernelAtLeast(includes.minKernel))
  );
}

/** The rules of a profile that apply to this machine and these capabilities. */
export function resolveProfile(profile: Profile, capabilities: readonly string[]): Seccomp {
  const mapped = profile.archMap?.find((a) => a.architecture === ARCH.oci);
  const architectures = mapped ? [mapped.architecture, ...(mapped.subArchitectures ?? [])] : profile.architectures;
  const syscalls = (profile.syscalls ?? [])
    .filter((rule) => applies(rule, capabilities))
    .map(({ names, action, errnoRet, args }): SeccompRule => ({
      names,
      action,
      ...(errnoRet !== undefined && { errnoRet }),
      ...(args?.length && { args }),
    }));
  const { defaultAction, defaultErrnoRet, flags } = profile;
  return {
    defaultAction,
    ...(defaultErrnoRet !== undefined && { defaultErrnoRet }),
    ...(architectures?.length && { architectures }),
    ...(flags?.length && { flags }),
    syscalls,
  };
}

/** Allows socketcall(2) for 32-bit programs that make their sockets with it: see default-profile.ts. */
export const SOCKETCALL_ANNOTATION = 'drydock.socketcall';

type Annotations = Record<string, string> | null | undefined;
function allowsSocketcall(annotations: Annotations): boolean {
  const value = annotations?.[SOCKETCALL_ANNOTATION];
  if (value !== undefined && value !== 'allow')
    throw badParameter(`invalid ${SOCKETCALL_ANNOTATION} ${JSON.stringify(value)}: it can only be "allow"`);
  return value === 'allow';
}

const defaults = new Map<string, Seccomp>();

/** The default profile for a set of capabilities. It is kept, because most containers have the same set. */
function resolvedDefault(capabilities: readonly string[], socketcall: boolean): Seccomp {
  const key = `${capabilities.join()} ${socketcall}`;
  let seccomp = defaults.get(key);
  if (!seccomp)
    defaults.set(key, (seccomp = resolveProfile(socketcall ? withSocketcall : defaultProfile, capabilities)));
  return seccomp;
}

/**
 * `option` is the text after seccomp=. Returns undefined when the container gets no filter. Throws ApiError 400 for
 * JSON that is not a profile, and for an unknown value of the annotation.
 */
export function seccompFor(
  option: string | undefined,
  capabilities: readonly string[],
  privileged: boolean,
  annotations?: Annotations,
): Seccomp | undefined {
  const socketcall = allowsSocketcall(annotations);
  if (option === 'unconfined' || (option === undefined && privileged)) return undefined;
  if (option === undefined) return resolvedDefault(capabilities, socketcall);
  return resolveProfile(parseProfile(option), capabilities);
}

/** Parses and checks a profile. Throws ApiError 400. */
export function parseProfile(json: string): Profile {
  let value: unknown;
  try {
    value = parseJson(json);
  } catch (cause) {
    throw badParameter(`Decoding seccomp profile failed: ${(cause as Error).message}`);
  }
  return checkProfile(value);
}
