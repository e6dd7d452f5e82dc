/* tests/system/fibtest.h - drive a fib process in a network namespace of its own. */
#ifndef TESTS_SYSTEM_FIBTEST_H
#define TESTS_SYSTEM_FIBTEST_H

#include "tests/unit/unit.h"

#include <stdbool.h>
#include <sys/types.h>

#include "fib/fib.h"
#include "fib/intent.h"

/* What the test, acting as the engine, was told. */
struct told_fdb;
struct told_neigh;

struct ft {
	pid_t fib;
	int ctl; /* hands channels to fib's spawn() */
	struct chan *c;
	struct fib_opts opts;
	unsigned hellos, dump_ends, query_ends;
	struct intent_hello hello;
	struct intent_counters counters;
	struct intent_result results[64]; /* the last ones */
	unsigned n_results;
	struct intent_ila_state ila; /* the last one */
	unsigned ila_states;
	struct intent_entry entries[4096];
	unsigned n_entries;
	struct told_fdb *fdbs;
	struct told_neigh *neighs;
	struct intent_link links[512];
	unsigned n_links;
	unsigned gones; /* FDB records that said gone */
	unsigned signals;
};

extern struct ft ft;

/** sh - run a command of the shell, which must succeed. */
void sh(const char *fmt, ...) PRINTF_LIKE(1, 2);

/** out - standard output of a command; borrowed until the next call. */
const char *out(const char *fmt, ...) PRINTF_LIKE(1, 2);

/** has - does a command print a line with this text? */
bool has(const char *text, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** lines - how many lines does a command print? */
unsigned lines(const char *fmt, ...) PRINTF_LIKE(1, 2);

/** ns_new, ns_end - cmocka setup and teardown: a new namespace; end of fib. */
int ns_new(void **state);
int ns_end(void **state);

/** fib_start, fib_kill - the process under test; opts in ft.opts. */
void fib_start(void);
void fib_kill(void);

/** engine_start - be a new engine; waits for the picture's end. */
void engine_start(void);
void engine_end(void);

/** put - send a record; flush() sends what is pending. */
void put(uint16_t type, uint32_t flags, const void *body, size_t len);
void flush(void);
void sync_begin(void);
void sync_end(uint32_t flags);

/** pump - handle what comes for so long. */
void pump(int ms);

/** settle - until fib says that nothing is missing or superfluous. */
void settle(void);

/** patience - hundredths of a second; FT_PATIENCE, for slow machines. */
int patience(void);

/** wait_for - until a condition holds, at most 10 s. */
#define wait_for(cond)                                                                 \
	do {                                                                           \
		int tries_ = 0;                                                        \
		while (!(cond)) {                                                      \
			if (++tries_ > patience()) {                                   \
				print_message("waited in vain: %s\n", #cond);          \
				fail();                                                \
			}                                                              \
			pump(10);                                                      \
		}                                                                      \
	} while (0)

/** ask - entries of a table (TABLES: all) into ft.entries. */
void ask(uint32_t table, bool diff_only);

/* Records made from text. */
void l2dom(uint32_t vni, const char *bridge, const char *vtep, uint16_t flags);
void mac_set(uint32_t vni, const char *mac, const char *vtep);
void mac_set_flags(uint32_t vni, const char *mac, const char *vtep, uint16_t flags);
void mac_del(uint32_t vni, const char *mac);
void neigh_set(uint32_t vni, const char *ip, const char *mac);
void neigh_del(uint32_t vni, const char *ip);
void flood_set(uint32_t vni, const char *vtep);
void flood_del(uint32_t vni, const char *vtep);
void adopt(bool on);

void sir_set(const char *sir, const char *locator, enum ila_csum csum,
	     enum ila_plane plane);
void sir_del(const char *sir);
void map_set(const char *addr, const char *locator, enum ila_csum csum);

/** multi_set - locators: n of them, "2001:db8:100:2*3": with weight 3. */
void multi_set(const char *addr, enum ila_csum csum, unsigned n, ...);
void map_del(const char *addr);
void local_set(const char *addr, const char *ifname, uint16_t flags);
void local_del(const char *addr);

/** entry_for - what the last query said of an address; NULL: nothing. */
const struct intent_entry *entry_for(uint32_t table, const char *addr);

/** result_for_ip - the last RESULT about an address; NULL: none. */
const struct intent_result *result_for_ip(const char *addr);

/** told_mac - is this local MAC reported now, told_static - as static? told_macs: how
 * many are reported. */
bool told_mac(uint32_t vni, const char *mac);
bool told_static(uint32_t vni, const char *mac);
unsigned told_macs(void);
bool told_ip(uint32_t vni, const char *ip, const char *mac);
const struct intent_result *result_for(uint32_t vni);
const struct intent_link *told_link(const char *name);

#endif
