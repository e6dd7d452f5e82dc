/* fib/watch.h - the kernel's events and dumps. */
#ifndef FIB_WATCH_H
#define FIB_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct fib;
struct nlmsghdr;
struct want_entry;

/*
 * An event may be older than a write of ours that it seems to contradict: both cross
 * on the way. fib.epoch ends whenever the sockets were read empty, so an event that
 * is read in a later epoch than the write's is certainly younger. Otherwise the
 * kernel is asked (FDB of a bridge, neighbours) or the write is repeated.
 */

/** watch_open - Return: 0 or -errno. */
int watch_open(struct fib *f);
void watch_close(struct fib *f);

/** watch_read - handle what has arrived, a bounded number; marks fib.lost. */
void watch_read(struct fib *f);

/** watch_deaf - many writes follow (true), or are done: hear of our own kind again. */
void watch_deaf(struct fib *f, bool on);

/**
 * watch_dump - compare everything with the kernel, mend the shadow, find differences
 *
 * The first one adopts what carries our marks. Return: 0 or -errno.
 */
int watch_dump(struct fib *f);

/** watch_ask - what does the kernel say about this entry now? Sets seen state and
 * the local shadow from the answer. TABLE_BRIDGE_FDB and TABLE_NEIGH only. */
void watch_ask(struct fib *f, struct want_entry *e);

/** watch_ask_link - look at a device: not every change of it makes an event. */
void watch_ask_link(struct fib *f, const char *name);

/* The same for a local MAC or neighbour, known by its bridge. */
struct ip;
struct mac;
void watch_ask_fdb(struct fib *f, uint32_t bridge, const struct mac *mac);
void watch_ask_neigh(struct fib *f, uint32_t bridge, const struct ip *ip);

#endif
