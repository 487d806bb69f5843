# In the guest: files written as carefully as @DIRSYNC@ says, each reported once
# it is said to be safe.
mkdir -p @DIR@
sync
echo "writer ready"
i=0
while [ $i -lt @FILES@ ]; do
	name=r$i
	head -c 3000 /dev/urandom >/tmp/$name
	dd if=/tmp/$name of=@DIR@/$name.part conv=fsync 2>/dev/null
	mv @DIR@/$name.part @DIR@/$name
	@DIRSYNC@ @DIR@
	echo "written $name $(sha256sum </tmp/$name | cut -d ' ' -f 1)"
	rm /tmp/$name
	i=$((i + 1))
done
echo "writer done"
sleep 1000
