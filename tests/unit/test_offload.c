/* tests of fib/offload.c: devices on others, and of others; what the kernel would be
 * asked is known. */
#include "fib/offload.h"

#include <string.h>

#include "fib/state.h"
#include "tests/unit/unit.h"

static struct fib f;
static struct link links[6]; /* ifindex: from 1 on */

static struct link *add(unsigned ifindex, uint8_t make, uint8_t arrival)
{
	struct link *l = &links[ifindex - 1];

	*l = (struct link) { .ifindex = ifindex, .make = make, .arrival = arrival };
	HASH_ADD(hh, f.links, ifindex, sizeof(l->ifindex), l);
	return l;
}

static int clear(void **state)
{
	(void)state;
	HASH_CLEAR(hh, f.links);
	memset(&f, 0, sizeof(f));
	f.gnl.fd = -1;
	return 0;
}

/* All that come in by a group come by one of its members. */
static void groups(void **state)
{
	struct link *bond = add(1, LINK_GROUP, ARRIVAL_UNKNOWN), *one, *two;

	(void)state;
	assert_false(offload_is_single(&f, bond)); /* of none */
	offload_changed(&f, bond);
	one = add(2, LINK_MAKE_OTHER, ARRIVAL_SINGLE);
	two = add(3, LINK_MAKE_OTHER, ARRIVAL_SINGLE);
	add(4, LINK_MAKE_OTHER, ARRIVAL_WHOLE);
	one->master = two->master = 1;
	assert_true(offload_is_single(&f, bond));
	two->arrival = ARRIVAL_WHOLE;
	assert_true(offload_is_single(&f, bond)); /* nobody has said anything */
	bond->arrival = ARRIVAL_UNKNOWN;
	assert_false(offload_is_single(&f, bond));
}

static void stacks(void **state)
{
	struct link *top = add(1, LINK_UPPER, ARRIVAL_UNKNOWN);
	struct link *bond = add(2, LINK_GROUP, ARRIVAL_UNKNOWN);
	struct link *member = add(3, LINK_MAKE_OTHER, ARRIVAL_SINGLE);

	(void)state;
	top->lower = 2;
	member->master = 2;
	assert_true(offload_is_single(&f, top));
	assert_int_equal(bond->arrival, ARRIVAL_SINGLE);
	/* Each on the other, as two events can make it look. */
	clear(NULL);
	top = add(1, LINK_UPPER, ARRIVAL_UNKNOWN);
	add(2, LINK_UPPER, ARRIVAL_UNKNOWN)->lower = 1;
	top->lower = 2;
	assert_false(offload_is_single(&f, top));
}

/* A device that something hangs on has changed: all is asked again. Others may. */
static void forgotten(void **state)
{
	struct link *used = add(1, LINK_MAKE_OTHER, ARRIVAL_SINGLE);
	struct link *bond = add(2, LINK_GROUP, ARRIVAL_SINGLE);
	struct link *other = add(3, LINK_CABLE, ARRIVAL_UNKNOWN);

	(void)state;
	offload_changed(&f, other);
	assert_int_equal(used->arrival, ARRIVAL_SINGLE);
	offload_changed(&f, used);
	assert_int_equal(used->arrival, ARRIVAL_UNKNOWN);
	assert_int_equal(bond->arrival, ARRIVAL_UNKNOWN);
	bond->arrival = ARRIVAL_SINGLE;
	other->master = 2; /* it has joined */
	offload_changed(&f, other);
	assert_int_equal(bond->arrival, ARRIVAL_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(groups, clear),
		cmocka_unit_test_setup(stacks, clear),
		cmocka_unit_test_setup(forgotten, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
