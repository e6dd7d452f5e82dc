# Sourced first by the tests of tests/vm, in place of tests/lib.sh: run by hand or by
# ./check, the test starts itself again inside a virtual machine with Debian's kernel;
# in there, it goes on with all that tests/lib.sh offers.
T_VM=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ -n "${SELVAGE_IN_VM:-}" ] ||
	exec bash "$T_VM/boot.sh" "$(cd "$(dirname "$0")" && pwd)/$(basename "$0")" "$@"
. "$T_VM/../lib.sh"
