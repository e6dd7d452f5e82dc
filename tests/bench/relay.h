/* tests/bench/relay.h - the ceiling of a reflector: it passes messages on unread. */
#ifndef TESTS_BENCH_RELAY_H
#define TESTS_BENCH_RELAY_H

#include <netinet/in.h>
#include <stdint.h>

/** relay_run - whoever connects to this address gets every UPDATE of all others;
 * does not return. */
void relay_run(const struct sockaddr_in *at, uint32_t as);

#endif
