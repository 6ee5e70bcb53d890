/** The parts that can be left out (`--leave-out`), and what can be observed then. */
export const omissions: Readonly<Record<string, { title: string; see: string }>> = {
  'pid-namespace': {
    title: 'без пространства pid',
    see: `\`ps -ef\` и \`ls /proc\` показывают каждый процесс хоста, а \`echo $$\` — не 1. Root внутри может послать сигнал любому из них. Когда завершается процесс 1 пространства pid, ядро завершает остальных; здесь это приходится делать контрольной группе.`,
  },
  'pivot-root': {
    title: 'chroot вместо pivot_root',
    see: `chroot(2) меняет то, откуда начинаются пути, и больше ничего: дерево хоста по-прежнему смонтировано выше. \`nsenter --root=/usr --wd=/ /bin/ls ../../../../../../../../../../../..\` делает второй chroot, остаётся вне его и поднимается: он перечислит корень хоста.`,
  },
  'masked-paths': {
    title: 'без закрытых путей',
    see: `\`ls -l /proc/kcore\` — память хоста, а не /dev/null, а \`cat /proc/keys /proc/timer_list\` рассказывает о хосте.`,
  },
  cgroup: {
    title: 'без контрольной группы',
    see: `\`cat /proc/self/cgroup\` — группа демона: ни один предел не действует, ничего не считается, ни одно устройство не запрещено, и поставить на паузу нечем. В конце все его процессы должно завершить пространство pid.`,
  },
  seccomp: {
    title: 'без фильтра системных вызовов',
    see: `\`grep Seccomp: /proc/self/status\` — 0, а \`unshare -U true\` удаётся: открыта вся поверхность ядра, около 350 вызовов.`,
  },
  capabilities: {
    title: 'со всеми возможностями (capabilities)',
    see: `В \`grep CapEff /proc/self/status\` стоят все биты, а \`mount -t tmpfs none /mnt\` удаётся там, где его пропускает фильтр: root — это root.`,
  },
  'uts-namespace': {
    title: 'без пространства uts',
    see: `\`hostname\` — имя хоста, а не первые двенадцать цифр идентификатора.`,
  },
  'ipc-namespace': {
    title: 'без пространства ipc',
    see: `\`cat /proc/sysvipc/shm\` и \`ls /dev/mqueue\` показывают общую память и очереди сообщений хоста.`,
  },
  'cgroup-namespace': {
    title: 'без пространства cgroup',
    see: `\`cat /proc/self/cgroup\` говорит, где на хосте лежит группа, а не /.`,
  },
};
