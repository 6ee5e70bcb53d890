import type { Rows } from '../../tables/rows.ts';

/** Why a run failed, and what the machine lacks. The kernel's answer stays as strace(1) prints it. */
export const failures: Rows = [
  [
    '{*}; this kernel has no overlay file system; load it with modprobe overlay',
    '{1}; в этом ядре нет файловой системы overlay; загрузите её командой modprobe overlay',
  ],
  [
    '{*}; this kernel has no bridges; load them with modprobe bridge, or run with --network none or host',
    '{1}; в этом ядре нет мостов; загрузите их командой modprobe bridge или запустите с --network none или host',
  ],
  [
    '{*}; this kernel has no veth pairs; load them with modprobe veth, or run with --network none or host',
    '{1}; в этом ядре нет пар veth; загрузите их командой modprobe veth или запустите с --network none или host',
  ],
  [
    '{*}; this kernel has no nf_tables; load it with modprobe nf_tables, or run with --network none or host',
    '{1}; в этом ядре нет nf_tables; загрузите их командой modprobe nf_tables или запустите с --network none или host',
  ],
  ['{*}; everything was undone', '{1}; всё сделанное отменено'],
  [
    "{*}; could not be undone: {}; rm, a start and the daemon's next start try again",
    '{1}; отменить не удалось: {2}; rm, новый старт и следующий запуск демона попробуют ещё раз',
  ],
  ['aborted before {}', 'прервано перед {1}'],
  ['aborted in {}', 'прервано на шаге {1}'],
  ['something of the last run is still there', 'от прошлого запуска что-то осталось'],
  ['the daemon ended in the middle of it', 'демон завершился посреди дела'],
  ['the shim whose pid is in {}/shim.pid still runs', 'shim, чей pid записан в {1}/shim.pid, ещё работает'],
  ['answered with {} at the gate', 'вызов не сделан: вместо него дан ответ {1}'],
  ['step {}: {*}', 'шаг {1}: {2}'],
  ['failed to register layer {}: {*}', 'слой {1} не принят: {2}'],
  ['{}: the index calls {} a manifest, but it is an index', '{1}: индекс называет {2} манифестом, но это индекс'],
  ['the config lists {} layers, the manifest {}', 'слоёв в конфигурации {1}, а в манифесте {2}'],
  ['{}: there is no further registry to ask', '{1}: спросить больше не у кого, другого реестра нет'],
  ['Get "{}/v2/": {*}; is the name right, and the network up?', 'Get "{1}/v2/": {2}; верно ли имя и работает ли сеть?'],
  [
    'unable to find user {}: no matching entries in passwd file',
    'пользователя {1} не найти: в файле passwd такой записи нет',
  ],
  ['unable to find group {}: no matching entries in group file', 'группы {1} не найти: в файле group такой записи нет'],
  [
    "no available IPv{} addresses on this network's address pools: {} ({})",
    'в сети {2} ({3}) не осталось свободных адресов IPv{1}',
  ],
  ['Address already in use by container {}: {}', 'адрес {2} уже занят контейнером {1}'],
  [
    'this kernel has no freezer controller mounted: containers cannot be paused',
    'контроллер freezer в этом ядре не смонтирован: ставить контейнеры на паузу нельзя',
  ],
  [
    'no cgroup file system is mounted: mount -t cgroup2 none /sys/fs/cgroup',
    'файловая система cgroup не смонтирована: mount -t cgroup2 none /sys/fs/cgroup',
  ],
];
