/* bgpd/config_edit.h - editing a configuration line by line: modes, position, rows. */
#ifndef BGPD_CONFIG_EDIT_H
#define BGPD_CONFIG_EDIT_H

#include "bgpd/config.h"
#include "lib/cmd.h"
#include "lib/util.h"

enum {
	CFG_BGP_PORT = 179,
	CFG_VXLAN_PORT = 4789,
	CFG_MAX_PREFIX_PCT = 75,
	CFG_ADDPATH_RX_LIMIT = 64,
	CFG_GR_RESTART = 120,
	CFG_GR_STALE = 360,
	CFG_GR_DEFER = 360,
	CFG_LISTEN_LIMIT = 100,
	CFG_DAD_MOVES = 5,
	CFG_DAD_TIME = 180,
};

/* Modes of the command tree; CMD_EXEC is 0. */
enum config_mode {
	CFG_TOP = 1,
	CFG_BGP,
	CFG_EVPN,
	CFG_VNI,
	CFG_RTC,
	CFG_ILA,        /* address-family ila unicast */
	CFG_IP6,        /* address-family ipv6 unicast */
	CFG_FOREIGN_AF, /* a family that we read and do not do */
	CFG_TENANT,
	CFG_SIR, /* ila: a SIR domain */
	CFG_IDENTITY,
	CFG_MODES /* count */
};

extern const struct cmd_mode config_modes[CFG_MODES];

/* A row of CFG_TOP that is found in every mode and leaves the mode alone. */
enum { CFG_ANYWHERE = 1 << 8 };

/* Where in the configuration lines apply; by key, as trees are replaced. */
struct cfg_pos {
	int mode; /* enum config_mode; CMD_EXEC: the line left configuration */
	uint32_t vni;
	char tenant[32];
	char ila[32];
};

/* What was wrong with a line. */
struct cfg_fault {
	unsigned line;   /* 0: not known */
	unsigned column; /* from 1 */
	char reason[400];
};

/* One line at work: rows get it as args->session. */
struct cfg_edit {
	struct config *c;
	struct cfg_pos *pos;
	struct cfg_fault *fault;
	unsigned line;
};

/** config_rows_register - all rows of the configuration language. */
void config_rows_register(struct cmd_tree *t);

/**
 * config_line - apply one line to c (which may be left half changed on failure)
 * @pos:   moves with the line
 * @line_no: for later complaints, 0 when not from a file
 * @fault: filled on failure
 *
 * Return: CMD_OK (also for empty lines and comments), CMD_UNKNOWN, CMD_AMBIGUOUS,
 * CMD_INCOMPLETE, CMD_CONFIG_FAILED.
 */
int config_line(struct config *c, struct cfg_pos *pos, const struct cmd_tree *t,
		const char *line, unsigned line_no, struct cfg_fault *fault);

/** config_check_fault - config_check() that also tells the line. */
int config_check_fault(const struct config *c, struct cfg_fault *fault);

/** config_defaults_apply - settings nobody wrote down follow `frr defaults`. */
void config_defaults_apply(struct config *c);

/** config_bgp_reset - as if there never was a `router bgp`. */
void config_bgp_reset(struct config *c);

/* ---- for the files of rows ---- */

struct cmd_rows {
	const struct cmd_row *v;
	size_t n;
};

extern const struct cmd_rows config_top_rows, config_bgp_rows, config_nbr_rows,
	config_evpn_rows, config_tenant_rows, config_ila_rows, config_identity_rows,
	config_endpoint_rows, config_labels_rows;

static inline struct cfg_edit *cfg_edit_of(const struct cmd_args *a)
{
	return a->session;
}

/** cfg_nbr_need - the neighbor or group that $peer names; NULL: complained. */
struct cfg_nbr *cfg_nbr_need(const struct cmd_args *a);

/** cfg_tenant_need - the tenant we are in; NULL: complained. */
struct cfg_tenant *cfg_tenant_need(const struct cmd_args *a);

/* ---- config_ila.c, config_ila_check.c: SIR domains, tenants with ILA ---- */

void config_ila_print(const struct config *c, struct out *o);
void config_ila_tenant_print(const struct cfg_tenant *t, struct out *o);

/** config_tenant_no_ila - as if there was no `encapsulation ila`. */
void config_tenant_no_ila(struct cfg_tenant *t);

/** config_ila_check - what config_check_fault() says of ILA; Return: 0, -EINVAL. */
int config_ila_check(const struct config *c, struct cfg_fault *f);

/** cfg_wrong - a fault of the whole; Return: -EINVAL. */
int cfg_wrong(struct cfg_fault *f, unsigned line, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/* ---- config_af.c: what a neighbor has in a family ---- */

/** config_af_register - the rows of every family. */
void config_af_register(struct cmd_tree *t);

/** config_af_of - the settings of the family whose mode the line is in. */
struct cfg_nbr_af *config_af_of(const struct cmd_args *a, struct cfg_nbr *n);

/** config_af_resolve - complete af with what its group (NULL: none) and the defaults
 * give. */
void config_af_resolve(struct cfg_nbr_af *af, const struct cfg_nbr_af *group);

/** config_af_ungroup - flags that were off against the group mean nothing without. */
void config_af_ungroup(struct cfg_nbr_af *af);

/** config_af_print - the lines of all groups and neighbors in family fam. */
void config_af_print(const struct config *c, unsigned fam, struct out *o);

/* ---- config_origin.c: what a neighbor's routes may claim ---- */

/** config_origin_register - the rows of `neighbor P origin-check`. */
void config_origin_register(struct cmd_tree *t);

/** config_origin_print - the lines of one neighbor. */
void config_origin_print(const struct cfg_nbr *n, const struct cfg_nbr_af *af,
			 struct out *o);

/* ---- config_identity.c: what labels are called ---- */

/** config_identity_reset - as if there was no `identity`. */
void config_identity_reset(struct config *c);
void config_identity_print(const struct config *c, struct out *o);

/** config_identity_check - what config_check_fault() says of it; Return: 0, -EINVAL. */
int config_identity_check(const struct config *c, struct cfg_fault *f);

/* ---- config_endpoint.c: endpoints of the configuration ---- */

/** config_endpoint_print - the lines of one tenant. */
void config_endpoint_print(const struct config *c, const char *tenant, struct out *o);

/** config_endpoint_check - what config_check_fault() says of them; Return: 0, -EINVAL.
 */
int config_endpoint_check(const struct config *c, struct cfg_fault *f);

/** config_endpoints_remove - all of a tenant. */
void config_endpoints_remove(struct config *c, const char *tenant);

/* ---- config_labels.c: whom we believe, and what its endpoints may be ---- */

void config_lists_free(struct config *c);

/** config_lists_copy - the lists of `from`; those of `to` are overwritten. */
void config_lists_copy(struct config *to, const struct config *from);
void config_lists_print(const struct config *c, struct out *o);

/** config_labels_print - the lines of one neighbor. */
void config_labels_print(const struct cfg_nbr *n, const struct cfg_nbr_af *af,
			 struct out *o);

/** config_labels_resolve, config_labels_ungroup - parts of those of config_af.c; take:
 * the bits that are the group's. */
void config_labels_resolve(struct cfg_nbr_af *af, const struct cfg_nbr_af *group,
			   uint32_t take);
void config_labels_ungroup(struct cfg_nbr_af *af);

/** config_labels_check - what config_check_fault() says of lists; Return: 0, -EINVAL.
 */
int config_labels_check(const struct config *c, struct cfg_fault *f);

/** cfg_fail - complain about an argument (NULL: the line); Return: CMD_CONFIG_FAILED */
int cfg_fail(const struct cmd_args *a, const char *arg, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/** cfg_ignore - handler: FRR's line that changes nothing for us. */
int cfg_ignore(void *ctx, const struct cmd_args *a, struct out *o);

/** cfg_no_effect - handler: FRR's line that would do something there; logs so. */
int cfg_no_effect(void *ctx, const struct cmd_args *a, struct out *o);

/** cfg_string - copy an argument that must fit size with its terminator. */
int cfg_string(const struct cmd_args *a, const char *arg, char *dst, size_t size);

/* All of a list, whose elements own nothing. */
#define CFG_FREE_ALL(head)                                                             \
	do {                                                                           \
		while (!TAILQ_EMPTY(head)) {                                           \
			void *first_ = TAILQ_FIRST(head);                              \
			TAILQ_REMOVE(head, TAILQ_FIRST(head), link);                   \
			free(first_);                                                  \
		}                                                                      \
	} while (0)

/* A setting with a value, and its `no` form, which needs none. */
#define CFG_PAIR(mode, words, value, help, run)                                        \
	{ mode, words " " value, help, run, 0 },                                       \
	{                                                                              \
		mode, "no " words " [" value "]", help, run, 0                         \
	}

#endif
