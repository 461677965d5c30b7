#!/bin/busybox sh
# The guest's first process: makes the host's root the guest's, writes kept in memory but for /tmp, which is a disk, and runs /command there.
# What the command prints goes to the host through the port, then a NUL and its exit code.
/bin/busybox --install -s /bin
export PATH=/bin
mkdir -p /proc /sys /dev /host /written /root
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
for module in /modules/*.ko; do insmod "$module"; done

mount -t virtiofs -o ro host /host
mount -t tmpfs written /written
mkdir /written/upper /written/work
mount -t overlay -o lowerdir=/host,upperdir=/written/upper,workdir=/written/work overlay /root
cd /root || poweroff -f
for place in dev proc sys; do mount --move "/$place" "$place"; done
mkdir -p dev/shm dev/pts
mount -t devpts -o ptmxmode=666 devpts dev/pts
mount -t tmpfs tmpfs dev/shm
mount -t tmpfs tmpfs run
ln -s /proc/self/fd dev/fd
mount -t securityfs securityfs sys/kernel/security
mount -t debugfs debugfs sys/kernel/debug
mount -t tracefs tracefs sys/kernel/tracing
mount -t bpf bpf sys/fs/bpf
mount -t cgroup2 cgroup2 sys/fs/cgroup
if chroot . /sbin/mkfs.ext4 -q /dev/vda; then mount -t ext4 dev/vda tmp; fi
chmod 1777 tmp
ip link set lo up
hostname guest

for port in dev/vport*p1; do :; done
chroot . /usr/bin/env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    /bin/sh -c "$(cat /command)" <dev/null >"$port" 2>&1
printf '\0%d\n' $? >"$port"
# The host ends the machine.
while :; do sleep 60; done
