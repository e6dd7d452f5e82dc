# What ./demo and ./check share: install what is missing, build what has changed.
# Sourced by bash with the current directory at the top of the sources.

# packages_of SECTION... - their names, from the one list.
packages_of()
{
	local section

	for section; do
		sed -n "/^\[$section\]/,/^\[/{/^[a-z0-9]/p}" etc/packages
	done
}

# packages_missing NAME... - those of them that are not installed.
packages_missing()
{
	comm -23 <(printf '%s\n' "$@" | sort -u) \
		<(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
			sed -n 's/^installed //p' | sort)
}

# No daemon of these packages is to start on the user's machine: policy-rc.d says so
# while we install. One that is already there belongs to somebody and stays.
packages_install()
{
	local policy=/usr/sbin/policy-rc.d made= status=0

	if [ "$(id -u)" != 0 ]; then
		echo "needs root to install: $*" >&2
		return 1
	fi
	if [ ! -e $policy ]; then
		printf '#!/bin/sh\nexit 101\n' >$policy
		chmod 755 $policy
		made=1
		trap 'rm -f /usr/sbin/policy-rc.d' EXIT
	fi
	echo "installing: $*"
	export DEBIAN_FRONTEND=noninteractive
	{ apt-get -q update && apt-get -q -y --no-install-recommends install "$@"; } \
		>"$prepare_log" 2>&1 </dev/null || status=$?
	if [ -n "$made" ]; then
		rm -f $policy
		trap - EXIT
	fi
	if [ $status != 0 ]; then
		tail -n 30 "$prepare_log" >&2
		echo "cannot install packages" >&2
	fi
	return $status
}

# packages_need SECTION... - afterwards all packages of these sections are there.
packages_need()
{
	local missing

	# shellcheck disable=SC2046
	missing=$(packages_missing $(packages_of "$@"))
	# shellcheck disable=SC2086
	[ -z "$missing" ] || packages_install $missing
}

# build_up_to_date - configure once, make what changed; quiet unless it fails.
build_up_to_date()
{
	# Configured by ./demo, before ./check had the test library installed: anew.
	if grep -qs '^CMOCKA_LIBS = *$' build/Makefile && pkg-config --exists cmocka; then
		rm build/Makefile
	fi
	if ! {
		{ [ -x configure ] || ./bootstrap; } &&
		mkdir -p build && cd build &&
		{ [ -f Makefile ] || ../configure CFLAGS='-g -O2'; } &&
		make -j"$(nproc)" && cd ..
	} >"$prepare_log" 2>&1; then
		tail -n 40 "$prepare_log" >&2
		echo "the build failed" >&2
		return 1
	fi
}

# prepare SECTION... - all of it.
prepare()
{
	prepare_log=$(mktemp) || return
	local status=0

	packages_need "$@" && build_up_to_date || status=1
	rm -f "$prepare_log"
	return $status
}
