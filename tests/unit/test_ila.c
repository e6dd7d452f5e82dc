#include "tests/unit/unit.h"

#include <errno.h>

#include "lib/addr.h"
#include "lib/ila.h"
#include "tests/unit/rand.h"

/* What Linux 6.1 put on the wire, and made of it again. */
static const struct {
	const char *sir, *locator, *none, *neutral, *automatic;
	bool lost; /* low word 0000: not restored */
} vectors[] = {
	{ "2001:db8:c0de:1:2000:0:1:a", "2001:db8:100:2", "2000:0:1:a", "3000:0:1:afe7",
	  "2000:0:1:bfe7", false },
	{ "2001:db8:c0de:1:2000:0:2:b", "2001:db8:100:2", "2000:0:2:b", "3000:0:2:afe8",
	  "2000:0:2:bfe8", false },
	{ "face:b00c:0:0:2555:0:2:0", "2803:6080:8960:4473", "2555:0:2:0",
	  "3555:0:2:4484", "2555:0:2:5484", true },
	{ "3333:0:0:1:2000:0:1:87", "2001:0:87:0", "2000:0:1:87", "3000:0:1:333",
	  "2000:0:1:1333", false },
	{ "3333:0:0:1:2000:0:2:87", "2001:0:87:1", "2000:0:2:87", "3000:0:2:332",
	  "2000:0:2:1332", false },
	{ "fd00:1:2:3:2123:4567:89ab:cdef", "fd00:1:2:3", "2123:4567:89ab:cdef",
	  "3123:4567:89ab:bdef", "2123:4567:89ab:cdef", false },
	{ "fd00:ffff:ffff:ffff:2000:0:0:0", "fd00:0:0:0", "2000:0:0:0", "3000:0:0:efff",
	  "2000:0:0:ffff", true },
	{ "fd00:0:0:1:2fff:ffff:ffff:ffff", "fd00:ffff:ffff:fffe",
	  "2fff:ffff:ffff:ffff", "3fff:ffff:ffff:f001", "2fff:ffff:ffff:2", false },
	{ "2001:db8:0:5:2000:0:0:1000", "2001:db8:0:1005", "2000:0:0:1000",
	  "3000:0:0:efff", "2000:0:0:ffff", false },
	{ "2001:db8:0:1005:2000:0:0:fffe", "2001:db8:0:5", "2000:0:0:fffe",
	  "3000:0:0:fffe", "2000:0:0:fff", false },
	{ "2001:db8:1:1:2000:0:0:0", "2001:db8:1:1", "2000:0:0:0", "3000:0:0:efff",
	  "2000:0:0:ffff", true },
	{ "2001:db8:a:b:6000:2a:a00:5", "2001:db8:100:7", "6000:2a:a00:5",
	  "7000:2a:a00:ef12", "6000:2a:a00:ff12", false },
	{ "2001:db8:a:b:4000:64:c0a8:101", "2001:db8:100:9", "4000:64:c0a8:101",
	  "5000:64:c0a8:f00c", "4000:64:c0a8:d", false },
};

static struct ila_addr addr(const char *text)
{
	struct ila_addr a;
	struct ip ip;

	assert_int_equal(ip_parse(text, &ip), 0);
	assert_int_equal(ip.len, 16);
	memcpy(&a, ip.b, 16);
	return a;
}

static struct ila64 half(const char *text)
{
	struct ila64 a;

	assert_int_equal(ila64_parse(text, &a), 0);
	return a;
}

static void one_way_and_back(const struct ila_addr *sir, const struct ila64 *loc,
			     enum ila_csum mode, const char *want, bool lost)
{
	struct ila_addr wire = ila_to_wire(sir, loc, mode), back;
	char text[ILA_STR];

	assert_memory_equal(&wire.prefix, loc, 8);
	assert_string_equal(ila64_format(&wire.id, text), want);
	back = ila_from_wire(&wire, &sir->prefix, mode);
	assert_memory_equal(&back.prefix, &sir->prefix, 8);
	if (!lost)
		assert_memory_equal(&back, sir, 16);
	else
		assert_memory_not_equal(&back, sir, 16);
}

static void as_the_kernel(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		struct ila_addr sir = addr(vectors[i].sir);
		struct ila64 loc = half(vectors[i].locator);
		bool lost = vectors[i].lost;

		one_way_and_back(&sir, &loc, ILA_CSUM_NONE, vectors[i].none, false);
		one_way_and_back(&sir, &loc, ILA_CSUM_ADJUST, vectors[i].none, false);
		one_way_and_back(&sir, &loc, ILA_CSUM_NEUTRAL, vectors[i].neutral,
				 lost);
		one_way_and_back(&sir, &loc, ILA_CSUM_NEUTRAL_AUTO,
				 vectors[i].automatic, lost);
	}
}

static uint32_t sum16(const void *p, size_t len)
{
	const uint8_t *b = p;
	uint32_t s = 0;

	for (size_t i = 0; i < len; i += 2)
		s += (uint32_t)b[i] << 8 | b[i + 1];
	while (s > 0xffff)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

/* Any pair: the sum of the address stays, all but low word 0000 comes back. */
static void any_pair(void **state)
{
	(void)state;
	for (int i = 0; i < 200000; i++) {
		struct ila_addr sir;
		struct ila64 loc;

		rand_bytes(&sir, sizeof(sir));
		rand_bytes(&loc, sizeof(loc));
		sir.id.b[0] &= 0xef;
		if (i % 16 == 0)
			memset(sir.id.b + 6, i % 32 ? 0xff : 0, 2);
		for (int mode = ILA_CSUM_NEUTRAL; mode < ILA_CSUMS; mode += 2) {
			struct ila_addr w =
				ila_to_wire(&sir, &loc, (enum ila_csum)mode);
			struct ila_addr b =
				ila_from_wire(&w, &sir.prefix, (enum ila_csum)mode);
			bool zero = !sir.id.b[6] && !sir.id.b[7];

			assert_int_equal(sum16(&w, 16), sum16(&sir, 16));
			assert_int_equal(ila_c_bit(&w.id), mode == ILA_CSUM_NEUTRAL);
			assert_int_equal(!memcmp(&b, &sir, 16), !zero);
		}
	}
}

static void without_c_bit_nothing_is_undone(void **state)
{
	struct ila_addr wire = addr("2001:db8:100:2:2000:0:1:afe7");
	struct ila64 sir = half("2001:db8:c0de:1");
	struct ila_addr back = ila_from_wire(&wire, &sir, ILA_CSUM_NEUTRAL);

	(void)state;
	assert_memory_equal(&back.id, &wire.id, 8);
}

static void checks(void **state)
{
	static const struct {
		const char *id;
		enum ila_csum mode;
		enum ila_fault want;
	} ids[] = {
		{ "2000:0:1:a", ILA_CSUM_NEUTRAL, ILA_OK },
		{ "2000:0:1:ffff", ILA_CSUM_NEUTRAL, ILA_OK },
		{ "6000:2a:1:1", ILA_CSUM_NEUTRAL_AUTO, ILA_OK },
		{ "8000:0:0:1", ILA_CSUM_NEUTRAL, ILA_OK },
		{ "0:0:0:1", ILA_CSUM_NONE, ILA_ID_TYPE },
		{ "a000:0:0:1", ILA_CSUM_NONE, ILA_ID_TYPE },
		{ "e000:0:0:1", ILA_CSUM_NONE, ILA_ID_TYPE },
		{ "3000:0:0:1", ILA_CSUM_NONE, ILA_ID_C_BIT },
		{ "2000:0:1:0", ILA_CSUM_NEUTRAL, ILA_ID_LOW_ZERO },
		{ "2000:0:1:0", ILA_CSUM_NEUTRAL_AUTO, ILA_ID_LOW_ZERO },
		{ "2000:0:1:0", ILA_CSUM_NONE, ILA_OK },
		{ "2000:0:1:0", ILA_CSUM_ADJUST, ILA_OK },
	};
	static const struct {
		const char *prefix;
		enum ila_fault want;
	} prefixes[] = {
		{ "2001:db8:100:2", ILA_OK },
		{ "fec0:0:0:1", ILA_OK },
		{ "fd00:0:0:0", ILA_OK },
		{ "0:0:0:0", ILA_PREFIX_ZERO },
		{ "ff02:0:0:0", ILA_PREFIX_MULTICAST },
		{ "fe80:0:0:0", ILA_PREFIX_LINK_LOCAL },
		{ "febf:ffff:0:1", ILA_PREFIX_LINK_LOCAL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		struct ila64 id = half(ids[i].id);

		print_message("# %s\n", ids[i].id);
		assert_int_equal(ila_id_check(&id, ids[i].mode), ids[i].want);
	}
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		struct ila64 p = half(prefixes[i].prefix);

		print_message("# %s\n", prefixes[i].prefix);
		assert_int_equal(ila_prefix_check(&p), prefixes[i].want);
	}
	for (unsigned f = 0; f < ILA_FAULTS; f++) {
		assert_non_null(ila_fault_text((enum ila_fault)f));
		assert_non_null(ila_fault_name((enum ila_fault)f));
	}
}

static void vnid(void **state)
{
	struct ila64 a = half("6abc:def0:1:2"), b = half("2000:2a:1:1");

	(void)state;
	assert_int_equal(ila_vnid_of(&a), 0xabcdef0);
	assert_int_equal(ila_vnid_of(&b), 42);
	assert_int_equal(ila_type_of(&a), ILA_TYPE_VIRT6);
}

static void texts(void **state)
{
	static const char *const wrong[] = { "",        "1:2:3",    "1:2:3:4:5",
					     "1:2:3:",  "::1",      "1:2:3:12345",
					     "1:2:3:g", "1:2:3:4 ", " 1:2:3:4" };
	struct ila64 a = { { 9 } }, was = a;
	enum ila_csum m;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_int_equal(ila64_parse(wrong[i], &a), -EINVAL);
		assert_memory_equal(&a, &was, 8);
	}
	assert_int_equal(ila64_parse("A:b:0C:00dE", &a), 0);
	assert_memory_equal(a.b, "\0\x0a\0\x0b\0\x0c\0\xde", 8);
	for (unsigned i = 0; i < ILA_CSUMS; i++) {
		assert_int_equal(ila_csum_parse(ila_csum_name(i), &m), 0);
		assert_int_equal(m, i);
	}
	assert_int_equal(ila_csum_parse("neutral", &m), -EINVAL);
	assert_string_equal(ila_csum_name(4), "?");
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(as_the_kernel),
		cmocka_unit_test(any_pair),
		cmocka_unit_test(without_c_bit_nothing_is_undone),
		cmocka_unit_test(checks),
		cmocka_unit_test(vnid),
		cmocka_unit_test(texts),
	};
	return cmocka_run_group_tests(t, NULL, NULL);
}
