# Labels on routes of raw speakers (tests/interop/famspeaker.py): sourced after lib.sh and
# speaker.sh.

# speaker NAME NS ADDR REMOTE AS OPTION...
speaker()
{
	local d name=$1

	d=$(dir_of "$name")
	[ -p "$d/in" ] || mkfifo "$d/in"
	# shellcheck disable=SC2016
	daemon_start "$name" "$2" sh -c 'in=$1; shift; exec 0<>"$in/in"; exec python3 "$@"' \
		sh "$d" "$T_SRC/tests/interop/famspeaker.py" "$3" "$4" "$5" "$d" "${@:6}"
}

logged() # NAME REGEX
{
	grep -qE "$2" "$T_TMP/$1/log"
}

# attr_of NAME ROUTE CODE - flags and value, "c0:0102", of the attribute of a route that
# the speaker was told: "evpn 1", "ip6 PREFIX", "ila ID". Nothing without the attribute.
attr_of()
{
	grep -F "$2 " "$T_TMP/$1/attrs" | tr ' ' '\n' | sed -n "s/^$3://p"
}

attr_is() # NAME ROUTE CODE WANT
{
	[ "$(attr_of "$1" "$2" "$3")" = "$4" ]
}

# A communities' attribute may be put in order on the way.
communities_are() # NAME ROUTE COMMUNITY...
{
	local got

	got=$(attr_of "$1" "$2" 16 | sed 's/^..://' | fold -w 16 | sort | tr '\n' ' ')
	[ "$got" = "$(printf '%s\n' "${@:3}" | sort | tr '\n' ' ')" ]
}

has_route() # NAME ROUTE
{
	grep -qF "$2 " "$T_TMP/$1/table"
}

has_no_route()
{
	! has_route "$@"
}

hex()
{
	od -An -v -tx1 | tr -d ' \n'
}

# tlv FLAGS VALUE - attribute 255, both in hex.
tlv()
{
	printf '%sff%02x%s' "$1" $((${#2} / 2)) "$2"
}

# labels_value DOMAIN LABEL... - the value of the attribute.
labels_value()
{
	printf '53564c470100%08x' "$1"
	printf '%s\0' "${@:2}" | head -c -1 | hex
}

# label_set LABEL... - the attribute, of domain 7.
label_set()
{
	tlv c0 "$(labels_value 7 "$@")"
}

# identity_of DOMAIN LABEL... - the number that follows from labels in this order, in hex.
identity_of()
{
	local h n

	# shellcheck disable=SC2059
	h=$({ printf "$(printf '%08x' "$1" | sed 's/../\\x&/g')"; printf '%s\0' "${@:2}" |
		head -c -1; } | sha256sum | cut -c1-8)
	n=$((16#$h | 0x80000000))
	[ $((n & 0xffff)) -ge 256 ] || n=$((n | 256))
	printf '%08x' $n
}

# extcoms COMMUNITY... - the attribute.
extcoms()
{
	printf 'c010%02x' $(($# * 8))
	printf '%s' "$@"
}
RT=0002fde800000064 ENCAP=030c000000000008 GROUP=03170000000003e9 WIDE=831d0100800003e9
ILA_MARK=831a010101000000
