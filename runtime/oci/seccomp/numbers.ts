/** Names of system calls → numbers on this architecture. */
import { addon } from '../../kernel/native.ts';

/**
 * Since 5.1 a new call has the same number on every architecture. The addon knows those that the headers it was built with
 * knew; a kernel may be newer than the headers.
 */
const SINCE_6_5: [first: number, names: string] = [451,
  'cachestat fchmodat2 map_shadow_stack futex_wake futex_wait futex_requeue statmount listmount lsm_get_self_attr lsm_set_self_attr lsm_list_modules mseal setxattrat getxattrat listxattrat removexattrat open_tree_attr file_getattr file_setattr'];

let numbers: Map<string, number> | undefined;
export function syscallNumbers(): ReadonlyMap<string, number> {
  if (!numbers) {
    const [first, names] = SINCE_6_5;
    numbers = new Map(names.split(' ').map((name, j) => [name, first + j]));
    if (process.arch === 'x64') numbers.set('uretprobe', 335);
    for (const [name, number] of Object.entries(addon().syscallNumbers())) numbers.set(name, number);
  }
  return numbers;
}
