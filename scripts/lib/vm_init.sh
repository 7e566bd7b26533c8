#!/bin/busybox sh
# The first process of the guest (scripts/vm), in the initrd and then in the root that
# it makes: the host's files below, a file system in memory above.
#
# The ports out, err and files go to the host. Each ends with a zero byte, the run's
# mark and a number, which on out is the command's exit status.

BB=/bin/busybox

boot() {
  $BB mount -t devtmpfs none /dev
  $BB mount -t proc none /proc
  $BB mount -t sysfs none /sys
  while read -r module; do $BB insmod "$module"; done <order
  $BB mount -t virtiofs -o ro rootfs /lower || return
  $BB mount -t tmpfs -o mode=755 none /upper
  $BB mkdir /upper/files /upper/work
  $BB mount -t overlay -o lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work \
    none /root || return
  $BB mkdir -p /root/lib/modules /root/dev /root/proc /root/sys /root/run
  . /run.env
  $BB mount --bind "/lower$IMAGE/lib/modules" /root/lib/modules || return
  for each in dev proc sys; do $BB mount --move /$each /root/$each; done
  $BB mount -t tmpfs -o mode=755 none /root/run
  $BB mkdir /root/run/guest /root/run/guest/out
  $BB cp /bin/busybox /init /run.env /command /root/run/guest
  exec $BB switch_root /root /run/guest/busybox sh /run/guest/init rooted
}

port() {  # port NAME: its device
  for each in /sys/class/virtio-ports/*; do
    if [ "$($BB cat "$each/name")" = "$1" ]; then echo "/dev/${each##*/}"; fi
  done
}

end() {  # end STATUS
  $BB printf '\0%s %s\n' "$MARK" "$1"
}

rooted() {
  BB=/run/guest/busybox
  . /run/guest/run.env
  $BB mkdir -p /dev/pts /dev/shm
  $BB mount -t devpts none /dev/pts
  $BB mount -t tmpfs none /dev/shm
  $BB ln -s /proc/self/fd /dev/fd
  $BB ip link set lo up
  # Over pipes: a port can be opened only once, and programs open /dev/stdout.
  $BB mkfifo /run/guest/stdout /run/guest/stderr
  { $BB cat; read -r status </run/guest/status; end "$status"; } \
    </run/guest/stdout >"$(port out)" & out=$!
  { $BB cat; end 0; } </run/guest/stderr >"$(port err)" & err=$!
  $BB mkfifo /run/guest/status
  /bin/sh /run/guest/command </dev/null >/run/guest/stdout 2>/run/guest/stderr &
  command=$!
  wait $command
  status=$?
  # Who is left over may hold the pipes open.
  for each in /proc/[0-9]*; do
    [ -e "$each/exe" ] || continue
    case ${each##*/} in 1 | "$out" | "$err") continue ;; esac
    [ "$($BB awk '{print $4}' "$each/stat")" = "$out" ] && continue
    [ "$($BB awk '{print $4}' "$each/stat")" = "$err" ] && continue
    kill -9 "${each##*/}"
  done 2>/dev/null
  echo "$status" >/run/guest/status
  { $BB tar -c -C /run/guest/out .; end 0; } >"$(port files)"
  wait
  while :; do $BB sleep 60; done  # The host ends it when it has read all.
}

case ${1:-} in
  rooted) rooted ;;
  *) boot ;;
esac
echo "the guest could not go on" >/dev/console
echo o >/proc/sysrq-trigger
while :; do $BB sleep 1; done
