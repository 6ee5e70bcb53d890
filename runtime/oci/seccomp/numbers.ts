/** Numbers of system calls by name. */
import { addon } from '../../syscalls/native.ts';
import { I386 } from './numbers-i386.ts';

/**
 * Since Linux 5.1 a new call has the same number on every architecture. The addon has the numbers of the headers that
 * it was built with; the running kernel may be newer than those headers.
 */
const SINCE_6_5: [first: number, names: string] = [
  451,
  'cachestat fchmodat2 map_shadow_stack futex_wake futex_wait futex_requeue statmount listmount lsm_get_self_attr lsm_set_self_attr lsm_list_modules mseal setxattrat getxattrat listxattrat removexattrat open_tree_attr file_getattr file_setattr',
];

let native: ReadonlyMap<string, number> | undefined;
let i386: ReadonlyMap<string, number> | undefined;
const rows = (table: readonly (readonly [number, string])[]): Map<string, number> =>
  new Map(table.flatMap(([first, names]) => names.split(/\s+/).map((name, j): [string, number] => [name, first + j])));

/** Numbers of the native architecture. */
export function syscallNumbers(): ReadonlyMap<string, number> {
  native ??= new Map([
    ...rows([SINCE_6_5]),
    ...(process.arch === 'x64' ? [['uretprobe', 335] as const] : []),
    ...Object.entries(addon().syscallNumbers()),
  ]);
  return native;
}

/**
 * Call numbers of an architecture other than the native one, by its name in a profile; undefined if it has none here.
 */
export function foreignNumbers(architecture: string): ReadonlyMap<string, number> | undefined {
  if (architecture !== 'SCMP_ARCH_X86' || process.arch !== 'x64') return undefined;
  i386 ??= new Map([...rows(I386), ...rows([SINCE_6_5])]);
  return i386;
}
