/** What an unwinding could not take back, as it is told and kept. */

/** 'create.cgroup: rmdir(…): device or resource busy (EBUSY, in the daemon)' */
export const restOf = (failures: readonly Error[]): string[] =>
  failures.map((error) => `${(error as { step?: string }).step ?? '?'}: ${error.message}`);
