import type { DrawWords } from '../../en/draw.ts';

export const capabilities: DrawWords['capabilities'] = {
  CHOWN: 'менять владельца', DAC_OVERRIDE: 'не смотреть на права файлов', DAC_READ_SEARCH: 'читать любой файл', FOWNER: 'быть как владелец', FSETID: 'сохранять биты set-id',
  KILL: 'сигналы кому угодно', SETGID: 'менять группу', SETUID: 'менять пользователя', SETPCAP: 'передавать права', LINUX_IMMUTABLE: 'неизменяемые файлы',
  NET_BIND_SERVICE: 'порты ниже 1024', NET_BROADCAST: 'широковещание', NET_ADMIN: 'настраивать сеть', NET_RAW: 'сырые сокеты', IPC_LOCK: 'закреплять память',
  IPC_OWNER: 'любой объект IPC', SYS_MODULE: 'загружать модули', SYS_RAWIO: 'порты ввода-вывода', SYS_CHROOT: 'вызывать chroot', SYS_PTRACE: 'отлаживать любого',
  SYS_PACCT: 'учёт процессов', SYS_ADMIN: 'mount и многое другое', SYS_BOOT: 'перезагрузка', SYS_NICE: 'поднимать приоритет', SYS_RESOURCE: 'превышать пределы',
  SYS_TIME: 'переводить часы', SYS_TTY_CONFIG: 'настраивать терминалы', MKNOD: 'создавать устройства', LEASE: 'аренда файлов', AUDIT_WRITE: 'писать в аудит',
  AUDIT_CONTROL: 'управлять аудитом', SETFCAP: 'возможности файлов', MAC_OVERRIDE: 'не слушать MAC', MAC_ADMIN: 'настраивать MAC', SYSLOG: 'журнал ядра',
  WAKE_ALARM: 'будить машину', BLOCK_SUSPEND: 'не давать уснуть', AUDIT_READ: 'читать аудит', PERFMON: 'измерять работу', BPF: 'загружать BPF',
  CHECKPOINT_RESTORE: 'снимки процессов',
};
