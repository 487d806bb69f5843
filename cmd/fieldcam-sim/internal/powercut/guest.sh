# In the guest: the daemon, and photos as fast as it takes them, besides those of
# its schedule. Once it is killed, after @KILL@ of them.
fieldcam() { ./fieldcam --config fieldcam.toml --state @STATE@ "$@"; }
fieldcam run --log json &
photos=0
while :; do
	if fieldcam capture --json >/dev/null 2>&1; then
		photos=$((photos + 1))
	else
		sleep 0.2 # it has not started yet
	fi
	if [ $photos -eq @KILL@ ]; then
		killall -9 fieldcam
		fieldcam run --log json &
		photos=$((photos + 1))
	fi
done
