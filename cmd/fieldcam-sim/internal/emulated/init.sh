#!/bin/sh
# The guest's first process: modules, network, disk, then /guest/run. What it
# prints goes to the host line by line.
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for m in /modules/*.ko; do insmod "$m" || echo "emulated: cannot load $m"; done
ip link set lo up
if [ -e /sys/class/net/eth0 ]; then
	ip addr add 10.0.2.15/24 dev eth0
	ip link set eth0 up
	ip route add default via 10.0.2.2
fi
if [ -b /dev/vda ]; then
	mount -t ext4 -o "$(cat /guest/mount)" /dev/vda /data || echo "emulated: cannot mount"
	echo "emulated: $(grep ' /data ' /proc/mounts)"
fi
cd /guest || exit
echo "emulated: up after $(cut -d ' ' -f 1 /proc/uptime) s"
sh ./run </dev/null
echo "emulated: run ended with exit code $?"
poweroff -f
