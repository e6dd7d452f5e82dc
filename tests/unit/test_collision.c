/* Which of two connections lives: the table, both ways. */
#include "tests/unit/bgp_help.h"

enum { LOW = 1, HIGH = 2 };

static const struct {
	const char *name;
	struct collision_case k;
	enum collision want;
} cases[] = {
	{ "we are higher, ours is new",
	  { HIGH, LOW, 1, 1, true, FSM_OPENCONFIRM, false, 0 },
	  COLL_TAKE },
	{ "we are higher, ours is older",
	  { HIGH, LOW, 1, 1, false, FSM_OPENCONFIRM, false, 0 },
	  COLL_KEEP },
	{ "they are higher, ours is new",
	  { LOW, HIGH, 1, 1, true, FSM_OPENCONFIRM, false, 0 },
	  COLL_KEEP },
	{ "they are higher, ours is older",
	  { LOW, HIGH, 1, 1, false, FSM_OPENSENT, false, 0 },
	  COLL_TAKE },
	{ "unsigned comparison",
	  { 0xc0000001, 0x0a000001, 1, 1, true, FSM_OPENSENT, false, 0 },
	  COLL_TAKE },
	{ "same id, our AS is higher (RFC 6286)",
	  { 7, 7, 65002, 65001, true, FSM_OPENSENT, false, 0 },
	  COLL_TAKE },
	{ "same id, their AS is higher",
	  { 7, 7, 65001, 65002, true, FSM_OPENSENT, false, 0 },
	  COLL_KEEP },
	{ "our dial would win but is not through",
	  { HIGH, LOW, 1, 1, false, FSM_CONNECT, false, 0 },
	  COLL_NONE },
	{ "our dial would lose anyway",
	  { LOW, HIGH, 1, 1, false, FSM_CONNECT, false, 0 },
	  COLL_TAKE },
	{ "an Established one stays",
	  { LOW, HIGH, 1, 1, false, FSM_ESTABLISHED, false, 99999 },
	  COLL_KEEP },
	{ "even if the new one has the better id",
	  { HIGH, LOW, 1, 1, true, FSM_ESTABLISHED, false, 99999 },
	  COLL_KEEP },
	{ "graceful restart: the peer is back (RFC 4724 section 5)",
	  { HIGH, LOW, 1, 1, false, FSM_ESTABLISHED, true, 99999 },
	  COLL_REPLACE },
	{ "graceful restart, but this is the loser of a race",
	  { HIGH, LOW, 1, 1, false, FSM_ESTABLISHED, true, 3 },
	  COLL_KEEP },
	{ "... accepted before the winner was up",
	  { HIGH, LOW, 1, 1, false, FSM_ESTABLISHED, true, -5 },
	  COLL_KEEP },
};

static void decides(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		print_message("# %s\n", cases[i].name);
		assert_int_equal(collision_decide(&cases[i].k), cases[i].want);
	}
}

/* Both ends, whatever arrives first, must keep the same connection. */
static void both_ends_agree(void **state UNUSED)
{
	for (unsigned i = 0; i < 8; i++) {
		bool a_high = i & 1, a_sees_own_last = i & 2, b_sees_own_last = i & 4;
		struct collision_case a = { .local_id = a_high ? HIGH : LOW,
					    .remote_id = a_high ? LOW : HIGH,
					    .new_outgoing = a_sees_own_last,
					    .other_state = FSM_OPENSENT };
		struct collision_case b = { .local_id = a.remote_id,
					    .remote_id = a.local_id,
					    .new_outgoing = b_sees_own_last,
					    .other_state = FSM_OPENSENT };
		bool a_keeps_own =
			(collision_decide(&a) == COLL_TAKE) == a_sees_own_last;
		bool b_keeps_own =
			(collision_decide(&b) == COLL_TAKE) == b_sees_own_last;

		assert_int_equal(a_keeps_own, a_high);
		assert_int_equal(b_keeps_own, !a_high);
	}
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(decides),
		cmocka_unit_test(both_ends_agree),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
