/** The log drivers, the preferred one first. */
import type { ContainerLog, LogDriver, LogOpts } from '../container/logs/driver.ts';
import { jsonFile } from '../container/logs/json-file.ts';
import { local } from '../container/logs/local.ts';
import { none } from '../container/logs/none.ts';
import { isUncached, syslog, syslogAlone } from '../container/logs/syslog.ts';
import { badParameter, ApiError } from '../errors/api-error.ts';

const drivers: readonly LogDriver[] = [jsonFile, local, none, syslog];

/** As docker info lists them: there `none` is not a driver. */
export const logDriverNames: readonly string[] = drivers.filter((driver) => driver !== none).map(({ name }) => name);

/** Drivers that dockerd has and Drydock does not have. */
const DOCKERDS = ['awslogs', 'fluentd', 'gcplogs', 'gelf', 'journald', 'splunk'];

/** The driver of this name, or the preferred one. Throws ApiError 400 in dockerd's words. */
export function logDriverNamed(name: string | undefined): LogDriver {
  const found = drivers.find((driver) => driver.name === (name || jsonFile.name));
  if (!found && DOCKERDS.includes(name ?? '')) throw new ApiError(501, `log driver ${name} is not supported yet`);
  if (!found) throw badParameter(`error looking up logging plugin ${name}: plugin "${name}" not found`);
  return found;
}

/** `file` is the container's own log file. */
export function logOf(config: { Type?: string; Config?: LogOpts } | undefined, file: string): ContainerLog {
  const named = logDriverNamed(config?.Type);
  const driver = named === syslog && isUncached(config?.Config ?? {}) ? syslogAlone : named;
  return { driver, target: driver.target(file, config?.Config ?? {}) };
}
