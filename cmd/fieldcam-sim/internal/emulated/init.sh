#!/bin/sh
# The guest's first process: modules, network, disk, then /guest/run, and what the
# host commands. What it prints goes to the host line by line.
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for m in /modules/*/*.ko; do insmod "$m" || echo "emulated: cannot load $m"; done
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

# One command a line: its number and its text in base64. The answer: the number,
# the exit code, and what it printed, in base64.
serve() { # the port's device
	while read -r number text; do
		echo "$text" | base64 -d >/tmp/command
		sh /tmp/command </dev/null >/tmp/printed 2>&1 3>&-
		echo "$number $? $(base64 /tmp/printed | tr -d '\n')" >&3
		rm /tmp/printed # what is left in the background may still write to it
	done 3<>"$1" <&3 # it can be opened once
}
for port in /sys/class/virtio-ports/*; do
	if [ "$(cat "$port/name" 2>/dev/null)" = fieldcam.shell ]; then
		serve "/dev/${port##*/}" &
		served=$!
	fi
done
if [ -s ./run ]; then
	sh ./run </dev/null
	echo "emulated: run ended with exit code $?"
else
	wait "$served"
fi
poweroff -f
