/** The options of --security-opt. */
import { badParameter, ApiError } from '../errors/api-error.ts';

export interface SecurityOptions {
  noNewPrivileges: boolean;
  /** 'unconfined', JSON of a profile, or absent for the default */
  seccomp?: string;
}

const notYet = (option: string) =>
  new ApiError(
    501,
    `--security-opt ${option} is not supported yet: drydock loads no AppArmor profiles and sets no SELinux labels`,
  );
const isTrue = (value: string | undefined): boolean | undefined =>
  value === undefined || /^(1|t|true)$/i.test(value) ? true : /^(0|f|false)$/i.test(value) ? false : undefined;

/** Throws ApiError 400 for an unknown option, 501 for one that is not supported yet. */
export function securityOptions(options: readonly string[]): SecurityOptions {
  const result: SecurityOptions = { noNewPrivileges: false };
  for (const option of options) {
    // 'name:value' is the older form
    const [, name, value] = /^([^=:]+)(?:[=:]([\s\S]*))?$/.exec(option) ?? [];
    switch (name) {
      case 'no-new-privileges': {
        const on = isTrue(value);
        if (on === undefined) throw badParameter(`invalid --security-opt 2: "${option}"`);
        result.noNewPrivileges = on;
        break;
      }
      case 'seccomp':
        if (!value) throw badParameter(`invalid --security-opt 1: "${option}"`);
        if (value === 'builtin') delete result.seccomp;
        else result.seccomp = value;
        break;
      case 'apparmor':
        if (value !== 'unconfined') throw notYet(option);
        break;
      case 'label':
        if (value !== 'disable') throw notYet(option);
        break;
      case 'disable':
        break;
      default:
        throw badParameter(`invalid --security-opt 2: "${option}"`);
    }
  }
  return result;
}
