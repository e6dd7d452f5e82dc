/* fib/nl.h - rtnetlink: batches with an answer per message, dumps, events. */
#ifndef FIB_NL_H
#define FIB_NL_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"

/* spec: 64 to 256 per send are best; 1024 and more make the kernel's VXLAN table slow
 */
enum { NL_BATCH = 128, NL_MSG_MAX = 1024, NL_WHY = 64 };

struct nl_batch {
	uint8_t *buf; /* messages, back to back */
	size_t len;
	unsigned n;   /* messages in it */
	uint32_t seq; /* of the first one */
	size_t last;  /* offset of the last one */
	unsigned ack; /* nl_ack_here() was said of this one; 0: the last is answered */
	void *who[NL_BATCH];
};

struct nl {
	int fd; /* requests: everything is synchronous */
	uint32_t seq;
	struct nl_batch b;
	uint8_t *rx;
	uint64_t batches, messages;
};

/** nl_open - protocol: NETLINK_ROUTE or another. Return: 0 or -errno. nl_close() is
 * fine after a failed one. */
int nl_open(struct nl *nl, int protocol);
void nl_close(struct nl *nl);

/** nl_batch_room - do n more messages fit into the batch? */
bool nl_batch_room(const struct nl *nl, unsigned n);

/**
 * nl_add - begin a message at the end of the batch, which must have room
 * @who:   given back with the answer
 * @type:  RTM_*
 * @flags: NLM_F_* besides REQUEST
 * @hdr:   family header (struct ndmsg, ifinfomsg), len bytes
 */
void nl_add(struct nl *nl, void *who, uint16_t type, unsigned flags, const void *hdr,
	    size_t len);

/** nl_attr - append an attribute to the message begun last. */
void nl_attr(struct nl *nl, uint16_t type, const void *data, size_t len);
void nl_attr_u8(struct nl *nl, uint16_t type, uint8_t v);
void nl_attr_u32(struct nl *nl, uint16_t type, uint32_t v);
void nl_attr_str(struct nl *nl, uint16_t type, const char *s);
void nl_attr_ip(struct nl *nl, uint16_t type, const struct ip *a);

/** nl_raw, nl_raw_end - append a structure that begins with its length in 16 bits,
 * attributes behind it included (struct rtnexthop); Return: its offset. */
size_t nl_raw(struct nl *nl, const void *data, size_t len);
void nl_raw_end(struct nl *nl, size_t at);

/** nl_nest - open a nested attribute; Return: its offset for nl_nest_end(). */
size_t nl_nest(struct nl *nl, uint16_t type);
void nl_nest_end(struct nl *nl, size_t at);

/** nl_ack_here - the message begun last is the one that the kernel acknowledges: what
 * follows is the end of a frame (nfnetlink), which old kernels do not answer. Not for
 * the first message. */
void nl_ack_here(struct nl *nl);

/* What became of one message: err 0 or -errno; why: the kernel's text or "". */
typedef void nl_answer(void *arg, void *who, int err, const char *why);

/**
 * nl_send - send the batch, ACK on the last message only, and wait for the answers
 * @cb: called once per message in order, after all answers are in
 *
 * Return: 0; -errno when the batch could not be sent or its end was not answered:
 * then every message is reported with that error.
 */
int nl_send(struct nl *nl, nl_answer *cb, void *arg);

/** nl_do - send the one message of the batch; Return: its answer, 0 or -errno, with
 * text in why[NL_WHY] (may be NULL). */
int nl_do(struct nl *nl, char *why);

/**
 * nl_get - send the one message of the batch, a GET; cb gets the object
 * Return: 0, -ENOENT and others from the kernel.
 */
int nl_get(struct nl *nl, void (*cb)(void *arg, const struct nlmsghdr *h), void *arg);

/**
 * nl_family - number of a generic netlink family; opens the socket if it is not open
 * Return: 0; -ENOENT and others from the kernel.
 */
int nl_family(struct nl *nl, const char *name, uint16_t *family);

/**
 * nl_dump - ask for all objects of a kind (the message that is in the batch)
 * Return: 0; -EINTR: the kernel's tables changed meanwhile, the picture may have
 * holes; other -errno.
 */
int nl_dump(struct nl *nl, void (*cb)(void *arg, const struct nlmsghdr *h), void *arg);

/** nl_dump_strict - the same, and the kernel filters by all fields of the header. */
int nl_dump_strict(struct nl *nl, void (*cb)(void *arg, const struct nlmsghdr *h),
		   void *arg);

/**
 * nl_events - a socket that hears of links, neighbours and addresses
 * @rcvbuf: bytes asked for
 * @own:    false: all but new entries marked extern_learn; true: only those
 *
 * Return: descriptor, non-blocking, joined to its groups; or -errno.
 */
int nl_events(int rcvbuf, bool own);

/** nl_join - have the second kind of event socket hear, or be deaf. */
void nl_join(int fd, bool on);

/** nl_join_routes - have the first kind hear of IPv6 routes and forwarding too. */
void nl_join_routes(int fd);

/** nl_parse - attributes by number into tb[max + 1]; unknown ones are skipped, what
 * does not fit its message is left out. */
void nl_parse(const struct rtattr **tb, unsigned max, const void *data, size_t len);

/** nl_payload - attributes of a message behind a family header of hdr bytes; Return:
 * false when the message is too short. */
bool nl_payload(const struct nlmsghdr *h, size_t hdr, const struct rtattr **tb,
		unsigned max);

/** nl_ip, nl_mac, nl_u32 - value of an attribute; none/zero when absent or short. */
struct ip nl_ip(const struct rtattr *a);
struct mac nl_mac(const struct rtattr *a);
uint32_t nl_u32(const struct rtattr *a);
uint16_t nl_u16be(const struct rtattr *a);
uint8_t nl_u8(const struct rtattr *a);

#endif
