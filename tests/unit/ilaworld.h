/* tests/unit/ilaworld.h - one host with its neighbours for the tests of the ILA
 * programs, and what may become of a frame. */
#ifndef TESTS_UNIT_ILAWORLD_H
#define TESTS_UNIT_ILAWORLD_H

#include "tests/unit/ilaprog.h"

#define FROM_CONTAINER (prog->progs.ila_from_container)
#define TO_CONTAINER   (prog->progs.ila_to_container)
#define FROM_UNDERLAY  (prog->progs.ila_from_underlay)

#define MODES (sizeof(modes) / sizeof(modes[0]))
extern const uint8_t modes[4];

#define SIR "2001:db8:c0de:1"

/* ep_a is here, ep_b behind l2, ep_c here too on another device; ep_e is in another
 * domain. */
extern struct ila_addr ep_a, ep_b, ep_c, ep_e;
extern struct ila64 sir, sir2, l1, l2;

/* Two tenants of one domain with VNIDs, 0x64 and 0x65: one here, two elsewhere. */
extern struct ila_addr red, red2, blue, blue2;

/** names_set - before anything that uses them. */
void names_set(void);

/** world - what the host of ep_a knows. */
void world(enum ila_csum mode);

struct frame tcp(const struct ila_addr *src, const struct ila_addr *dst);

void assert_same(const struct frame *got, const struct frame *want);

/** assert_passes - as it came. */
void assert_passes(struct bpf_program *which, const struct frame *f);

/** assert_drops - and is counted once. */
void assert_drops(struct bpf_program *which, const struct frame *f,
		  enum bpf_ila_count why);

/** assert_no_way - marked for the rejection, and counted once. */
void assert_no_way(struct bpf_program *which, const struct frame *f,
		   enum bpf_ila_count why);

/** assert_goes_to - passes with that destination, and is counted once. */
void assert_goes_to(struct bpf_program *which, const struct frame *f,
		    const struct ila_addr *dst, enum bpf_ila_count what);

#endif
