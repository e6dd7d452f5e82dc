/* tests/unit/polgen.h - random policies as text, and what they mean, found out the slow
 * way: by reading them like a person, one flow at a time. Knows nothing of rib/. */
#ifndef TESTS_UNIT_POLGEN_H
#define TESTS_UNIT_POLGEN_H

#include <stdbool.h>
#include <stdint.h>

enum {
	GEN_LABELS = 4,
	GEN_CONDS = 3,
	GEN_VALUES = 3,
	GEN_PEERS = 3,
	GEN_EXCEPT = 2,
	GEN_PORTS = 3,
	GEN_MEMBERS = 3,
	GEN_RULES = 6,
};

struct gen_label {
	const char *key, *value; /* key with source */
};

struct gen_set {
	unsigned n;
	struct gen_label l[GEN_LABELS];
};

enum gen_op { GEN_IN, GEN_NOT_IN, GEN_EXISTS, GEN_NOT_EXISTS };

struct gen_cond {
	const char *key; /* as written: "app", "any:app" or "k8s:app" */
	enum gen_op op;
	bool as_label; /* printed under matchLabels */
	unsigned n;
	const char *value[GEN_VALUES];
};

struct gen_selector {
	unsigned n;
	struct gen_cond c[GEN_CONDS];
};

struct gen_net {
	uint8_t len; /* 4, 16 */
	uint8_t b[16];
	uint8_t bits;
};

struct gen_block {
	struct gen_net net;
	unsigned n;
	struct gen_net except[GEN_EXCEPT];
};

enum { GEN_PROTO_ANY = 0 };

struct gen_port {
	uint8_t proto;     /* 0: TCP, UDP, SCTP */
	unsigned from, to; /* ICMP: the type */
	bool all;          /* of the protocol */
};

enum gen_entity {
	GEN_ALL = 1,
	GEN_WORLD = 2,
	GEN_HOST = 4,
	GEN_REMOTE = 8,
	GEN_CLUSTER = 16,
	GEN_INIT = 32,
};

enum gen_peers {
	GEN_PEER_ANY,
	GEN_PEER_LABELS,
	GEN_PEER_ENTITY,
	GEN_PEER_NET,
	GEN_PEER_MIX
};

struct gen_member {
	enum gen_peers peers;
	unsigned n_selectors, n_blocks, entities;
	struct gen_selector selector[GEN_PEERS];
	struct gen_block block[GEN_PEERS];
	enum { GEN_PORT_NONE, GEN_PORT_PORTS, GEN_PORT_ICMP } ports;
	unsigned n_ports;
	struct gen_port port[GEN_PORTS];
	unsigned number; /* of the clause: its place in the text from 1 */
};

struct gen_section {
	bool there;
	unsigned n;
	struct gen_member m[GEN_MEMBERS];
};

enum { GEN_IN_DIR, GEN_OUT_DIR }; /* 0 ingress, 1 egress */

struct gen_rule {
	struct gen_selector subject;
	struct gen_section section[2][2]; /* direction, deny */
	bool said[2], deny[2];            /* enableDefaultDeny */
	bool closed[2];                   /* what follows */
};

struct gen_policy {
	enum { GEN_ARRAY, GEN_SPEC, GEN_SPECS, GEN_K8S, GEN_LIST, GEN_FORMS } form;
	unsigned n;
	struct gen_rule rule[GEN_RULES];
};

/* Who is at the other end. */
struct gen_peer {
	enum {
		GEN_IS_LABELS,
		GEN_IS_UNTOLD,
		GEN_IS_HOST,
		GEN_IS_REMOTE,
		GEN_IS_INIT,
		GEN_IS_OUTSIDE,
	} is;
	struct gen_set set;
	struct gen_net at; /* an address outside: all bits */
};

struct gen_flow {
	uint8_t proto;
	uint16_t port;
	bool fragment;
};

void gen_policy(struct gen_policy *p);
void gen_set(struct gen_set *s);
void gen_flow(struct gen_flow *f, const struct gen_policy *p);
void gen_address(struct gen_net *a, const struct gen_policy *p);

/** gen_print - JSON text, owned. Numbers the members. */
char *gen_print(struct gen_policy *p);

/** gen_labels - canonical labels into buf (256 bytes). Return: length. */
unsigned gen_labels(const struct gen_set *s, char *buf);

/** gen_verdict - may this flow pass in this direction of an endpoint with these labels?
 */
bool gen_verdict(const struct gen_policy *p, const struct gen_set *subject, int dir,
		 const struct gen_peer *peer, const struct gen_flow *f);

/** gen_fits - is the member with this number about such a flow of the subject? Writes
 * whether it denies. */
bool gen_fits(const struct gen_policy *p, unsigned number,
	      const struct gen_set *subject, int dir, const struct gen_peer *peer,
	      const struct gen_flow *f, bool *denies);

#endif
