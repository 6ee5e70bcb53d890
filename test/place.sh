#!/usr/bin/env bash
# place.sh COMMAND ...: runs COMMAND in new namespaces, as root.
#
# Mount, network, pid and ipc namespace are new. /run, /tmp, /var/tmp and /dev/shm are as after a boot, HOME is an empty
# directory, and no environment variable names a daemon, a socket or a directory of the caller. Everything that the
# command starts or mounts ends with it. The network has only a loopback device. $DRYDOCK_TEST_MACHINE_NET is the
# machine's network namespace and $DRYDOCK_TEST_MACHINE_HOME the caller's HOME, for fetching from a mirror
# (test/outside.ts).
set -euo pipefail
hidden=(/run /tmp /var/tmp /dev/shm)

is_hidden() {
  local dir
  for dir in "${hidden[@]}"; do [[ $1/ == "$dir"/* ]] && return 0; done
  return 1
}

# Opens directories that the command needs and that a mount would hide: the checkout, Node, programs in PATH.
declare -A kept=()
keep() {
  local dir node
  local -a programs
  IFS=: read -ra programs <<<"$PATH"
  node=$(readlink -f "$(command -v node)")
  for dir in "$(cd "$(dirname "$0")/.." && pwd -P)" "$(pwd -P)" "${node%/bin/node}" "${programs[@]}"; do
    if [ -d "$dir" ] && is_hidden "$dir" && [ -z "${kept[$dir]:-}" ]; then exec {kept[$dir]}<"$dir"; fi
  done
}
bring_back() {
  local dir
  # shorter paths first, because a mount on one covers the longer paths below it
  while IFS= read -r dir; do
    [ -n "$dir" ] || continue
    mkdir -p "$dir"
    mount --no-canonicalize --rbind "/proc/self/fd/${kept[$dir]}" "$dir"
    exec {kept[$dir]}<&-
  done < <(printf '%s\n' "${!kept[@]}" | sort)
}

enter() {
  local resolv resolv_text=''
  keep
  # on a machine with systemd-resolved it is a symlink into /run
  resolv=$(readlink -f /etc/resolv.conf || true)
  if is_hidden "$resolv" && [ -f "$resolv" ]; then resolv_text=$(cat "$resolv"); fi

  mount -t tmpfs -o mode=755 run /run
  mount -t tmpfs -o mode=1777 tmp /tmp
  if [ -d /var/tmp ] && [ ! -L /var/tmp ]; then mount -t tmpfs -o mode=1777 tmp /var/tmp; fi
  mount -t tmpfs -o mode=1777 shm /dev/shm
  # the first mount(8) after a boot creates it
  mkdir -p /run/mount
  mkdir -m 1777 /run/lock
  if [ -n "$resolv_text" ]; then
    mkdir -p "$(dirname "$resolv")"
    printf '%s\n' "$resolv_text" >"$resolv"
  fi
  bring_back
  mkdir -p /run/drydock-test
  touch /run/drydock-test/machine-net
  mount --no-canonicalize --bind "/proc/self/fd/$DRYDOCK_PLACE_NET" /run/drydock-test/machine-net
  eval "exec $DRYDOCK_PLACE_NET<&-"
  # shared, in a new peer group, so that a mount that propagates out of a container is noticed
  mount --make-rshared /
  ip link set lo up
  cd "$PWD"

  unset DRYDOCK_PLACE_STAGE DRYDOCK_PLACE_NET TMPDIR "${!XDG_@}" "${!DOCKER_@}"
  unset DRYDOCK_HOST DRYDOCK_ROOT DRYDOCK_EXEC_ROOT DRYDOCK_BRIDGE DRYDOCK_CGROUP_PARENT
  export DRYDOCK_TEST_MACHINE_HOME=${DRYDOCK_TEST_MACHINE_HOME:-${HOME:-/}}
  mkdir -m 700 /tmp/home
  export HOME=/tmp/home DRYDOCK_TEST_ROOM=1 DRYDOCK_TEST_MACHINE_NET=/run/drydock-test/machine-net
}

main() {
  if [ "${DRYDOCK_PLACE_STAGE:-}" != inside ]; then
    local machine_net
    exec {machine_net}<"${DRYDOCK_TEST_MACHINE_NET:-/proc/self/ns/net}"
    # private, because these mounts must not propagate to a machine with a shared /
    DRYDOCK_PLACE_STAGE=inside DRYDOCK_PLACE_NET=$machine_net exec unshare --mount --net --pid --ipc --fork --kill-child \
      --mount-proc --propagation private -- "$0" "$@"
  fi
  enter
  # bash stays process 1, because it reaps orphans
  "$@"
}

# one line, which bash reads completely before it runs it, because the file may change while the command runs
main "$@"; exit $?
