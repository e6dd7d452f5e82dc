# For tests with tests/interop/speaker, our session layer without tables: sourced after
# lib.sh.

# say NAME COMMAND - to a speaker; one that has died keeps nobody waiting.
say()
{
	echo "$2" 1<>"$T_TMP/$1/in"
}

# speaker_start NAME PROGRAM
speaker_start()
{
	local d

	d=$(dir_of "$1")
	[ -p "$d/in" ] || mkfifo "$d/in"
	# shellcheck disable=SC2016
	daemon_start "$1" "$1" sh -c 'exec "$0" "$1" 0<>"$2"' \
		"$T_BUILD/tests/interop/$2" "$d/conf" "$d/in"
}

# count NAME REGEX - lines of what a speaker said.
count()
{
	grep -cE "$2" "$T_TMP/$1/log"
}

# said NAME N REGEX - at least N times?
said()
{
	[ "$(count "$1" "$3")" -ge "$2" ]
}

# state NAME PEER REGEX - does its current state look so?
state()
{
	local before

	before=$(count "$1" "^state $2 ")
	say "$1" state
	wait_for 2 said "$1" $((before + 1)) "^state $2 "
	grep -E "^state $2 " "$T_TMP/$1/log" | tail -n 1 | grep -qE "$3"
}
