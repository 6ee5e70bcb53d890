/** What a rollback could not undo, as text for clients and records. */

/** 'create.cgroup: rmdir(…): device or resource busy (EBUSY, in the daemon)' */
export const restOf = (failures: readonly Error[]): string[] =>
  failures.map((error) => `${(error as { step?: string }).step ?? '?'}: ${error.message}`);
