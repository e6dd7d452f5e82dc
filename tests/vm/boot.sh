# boot.sh SCRIPT [ARG...] - run a script inside a virtual machine that runs Debian's own
# kernel, whatever the kernel of this machine lacks. Run by bash; vm.sh does it.
#
# The guest sees the root of this machine read-only, so all installed programs, the tree
# and the build are there; what it writes goes into memory. The exit status is that of
# the script, told on the console; a guest that does not tell any has failed. 77, with
# the reason, where there can be no guest: it has to be emulated (KVM is not needed),
# and its kernel comes from Debian's archive, once, and is kept in BUILD/vm.
#
# The guest has one processor: emulated ones that share memory take twice the time for the
# same work. VM_CPUS=n: so many, for what is about that. VM_COUNTED=1: one whose clock
# counts its instructions, a nanosecond each. What is measured in there is the same again
# whatever else this machine has to do.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
src=$(cd "$here/../.." && pwd)
build=$(cd "${SELVAGE_BUILD:-$src/build}" 2>/dev/null && pwd) || {
	echo "FAIL there is no build in ${SELVAGE_BUILD:-$src/build}"
	exit 1
}
cache=$build/vm
limit=${VM_TIMEOUT:-400}
memory=${VM_MEMORY:-1024}
machine=(-accel tcg,thread=single -smp 1)
[ -z "${VM_CPUS:-}" ] || machine=(-accel tcg,thread=multi -smp "$VM_CPUS")
[ -z "${VM_COUNTED:-}" ] || machine=(-accel tcg -icount shift=0,sleep=off -smp 1)
qemu_pid=
export PATH=$PATH:/usr/sbin:/sbin

skip()
{
	echo "SKIP: $*"
	exit 77
}

die()
{
	echo "FAIL $*"
	exit 1
}

# What must be there to have a guest at all.
needed()
{
	local c

	[ "$(uname -m)" = x86_64 ] || skip "the guest is x86_64, this machine $(uname -m)"
	[ "$(id -u)" = 0 ] || skip "needs root"
	for c in qemu-system-x86_64 busybox cpio modprobe depmod dpkg-deb apt-get; do
		command -v $c >/dev/null || skip "$c is not installed"
	done
}

# Does the emulator run here, with that much memory? Asked without any of our images.
emulator_runs()
{
	echo quit | timeout 30 qemu-system-x86_64 -accel tcg -cpu max -m "$memory" -S \
		-display none -nodefaults -monitor stdio >"$work/probe" 2>&1
}

# ---- the kernel -----------------------------------------------------------------

# The package that linux-image-amd64 stands for, into the current folder.
kernel_download()
{
	local name

	name=$(apt-cache depends linux-image-amd64 2>/dev/null |
		sed -n 's/^ *Depends: \(linux-image-.*\)/\1/p' | head -n 1)
	[ -n "$name" ] && apt-get -q -o APT::Sandbox::User=root download "$name" 2>&1
}

# Only the parts that network tests can want: 70 MB of 400.
kernel_unpack()
{
	local m='./lib/modules/*' d='./lib/modules/*/kernel/drivers'

	dpkg-deb --fsys-tarfile linux-image-*.deb | tar -x --wildcards \
		--exclude "$d/net/ethernet" --exclude "$d/net/wireless" \
		'./boot/vmlinuz-*' "$m/modules.*" "$m/kernel/net/*" "$m/kernel/lib/*" \
		"$m/kernel/crypto/*" "$m/kernel/arch/x86/crypto/*" "$m/kernel/fs/*" \
		"$d/virtio/*" "$d/net/*" &&
		depmod -b . "$(ls lib/modules)"
}

# A kernel that is unpacked already boots three seconds sooner. One that is not packed
# by xz stays as it is.
kernel_image()
{
	local at

	at=$(LC_ALL=C grep -obaP '\xfd7zXZ\x00' vmlinuz | head -n 1 | cut -d: -f1)
	[ -n "$at" ] && tail -c "+$((at + 1))" vmlinuz | xz -qdc --single-stream >vmlinux
	[ "$(head -c 4 vmlinux 2>/dev/null | tail -c 3)" = ELF ] || cp vmlinuz vmlinux
	rm vmlinuz
}

# initramfs KERNEL-VERSION - busybox, init and what it takes to mount the root.
initramfs()
{
	local root=initramfs f

	mkdir -p $root/bin $root/modules
	cp "$(command -v busybox)" $root/bin/busybox
	cp "$here/init" $root/init
	ln -s busybox $root/bin/sh
	chmod 755 $root/init
	for m in virtio_pci 9pnet_virtio 9p overlay; do
		modprobe -d . -S "$1" --show-depends $m || return
	done | sed -n 's/^insmod //p' | awk '!seen[$1]++ { print $1 }' >needed
	while read -r f; do
		cp "$f" $root/modules/ && basename "$f" >>$root/modules/order
	done <needed
	(cd $root && find . | cpio --quiet -o -H newc) >initramfs.cpio && rm -r $root needed
}

# Made in a folder of its own, which then gets its name: half of it is never used.
kernel_make()
{
	rm -rf "$cache/new"
	mkdir -p "$cache/new" && cd "$cache/new" || return
	kernel_download >"$work/apt" || {
		apt-get -q update >>"$work/apt" 2>&1 && kernel_download >>"$work/apt"
	} || skip "cannot download Debian's kernel: $(grep '^[EW]:' "$work/apt" | tail -n 1)"
	kernel_unpack || die "cannot unpack Debian's kernel"
	rm linux-image-*.deb
	mv boot/vmlinuz-* vmlinuz
	kernel_image
	rm -rf "$cache/kernel"
	mv "$cache/new" "$cache/kernel"
}

# The initramfs is made again when init or the way to make it has changed.
prepare()
{
	mkdir -p "$cache" || die "cannot write to $cache"
	exec 9>"$cache/lock"
	flock -w 120 9 || die "somebody holds $cache/lock"
	[ -d "$cache/kernel" ] || kernel_make
	cd "$cache/kernel" || die "no $cache/kernel"
	kernel=$(ls lib/modules)
	if ! sha256sum --quiet -c made >/dev/null 2>&1; then
		rm -rf initramfs
		initramfs "$kernel" || die "cannot make the initramfs"
		sha256sum "$here/init" "$here/boot.sh" >made
	fi
	exec 9>&-
}

# ---- the guest ------------------------------------------------------------------

# quoted WORD... - as bash reads them back.
quoted()
{
	printf '%q ' "$@"
}

in_base64()
{
	printf '%s' "$*" | base64 -w 0
}

guest()
{
	local command append

	command="cd $(quoted "$src") && SELVAGE_BUILD=$(quoted "$build") exec $(quoted "$@")"
	append="console=ttyS0 quiet panic=-1 mitigations=off"
	# On a loaded machine time stands still for a while: that is no trouble.
	append+=" no_timer_check nowatchdog rcupdate.rcu_cpu_stall_suppress=1"
	append+=" CMD=$(in_base64 "$command")"
	append+=" MODULES=$(in_base64 "$cache/kernel/lib/modules/$kernel")"
	[ ${#append} -lt 2000 ] || die "the command line is too long"
	timeout -k 5 "$limit" qemu-system-x86_64 "${machine[@]}" -cpu max \
		-m "$memory" -display none -nodefaults -no-reboot -serial stdio \
		-kernel "$cache/kernel/vmlinux" -initrd "$cache/kernel/initramfs.cpio" \
		-append "$append" -virtfs \
		local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap \
		</dev/null >"$work/console" 2>"$work/stderr" &
	qemu_pid=$!
}

# The console as it comes, until qemu is gone. Its lines end in CR LF.
follow()
{
	tail -n +1 -f --pid="$qemu_pid" "$work/console" | sed -u 's|\r$||' &
	tail_pid=$!
}

leave()
{
	[ -z "$qemu_pid" ] || kill "$qemu_pid" 2>/dev/null
	wait 2>/dev/null
	rm -rf "$work"
}

verdict()
{
	tr -d '\r' <"$work/console" | sed -n 's/^VM-EXIT //p' | tail -n 1
}

[ $# -ge 1 ] || die "boot.sh SCRIPT [ARG...]"
work=$(mktemp -d "${TMPDIR:-/tmp}/vm.XXXXXX") || exit 1
trap leave EXIT
trap 'exit 130' INT TERM HUP
needed
emulator_runs || skip "qemu does not run here: $(tail -n 1 "$work/probe")"
prepare
: >"$work/console"
guest "$@"
follow
wait "$qemu_pid"
status=$?
wait "$tail_pid"
qemu_pid=
[ $status != 124 ] || die "the guest was not ready within $limit s"
v=$(verdict)
case $v in
'')
	tail -n 5 "$work/stderr"
	die "the guest told no result (qemu ended with $status)"
	;;
*[!0-9]*) die "the guest did not come up: $v" ;;
*) exit "$v" ;;
esac
