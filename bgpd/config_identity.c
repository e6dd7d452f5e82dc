/*
 * Rows of `identity`: what labels are called on the wire. Ours, in FRR's style.
 */
#include <string.h>

#include "bgpd/config.h"
#include "bgpd/config_edit.h"
#include "lib/out.h"
#include "lib/util.h"
#include "wire/labelset.h"

void config_identity_reset(struct config *c)
{
	c->identity = (struct cfg_identity) { .code = LABELSET_CODE };
}

static int enter_identity(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	(void)o;
	cfg_edit_of(a)->pos->mode = CFG_IDENTITY;
	return CMD_OK;
}

static int remove_identity(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	(void)o;
	config_identity_reset(cfg_edit_of(a)->c);
	return CMD_OK;
}

static int set_domain(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	(void)o;
	cfg_edit_of(a)->c->identity.domain =
		cmd_has(a, "no") ? 0 : cmd_arg_uint(a, "number", 0);
	return CMD_OK;
}

static int set_attribute(void *ctx, const struct cmd_args *a, struct out *o)
{
	uint32_t code = cmd_has(a, "no") ? LABELSET_CODE
					 : cmd_arg_uint(a, "code", LABELSET_CODE);

	(void)ctx;
	(void)o;
	if (!labelset_code_ok(code))
		return cfg_fail(a, "code",
				"attribute %u is another one, expected a code "
				"that is not in use",
				code);
	cfg_edit_of(a)->c->identity.code = (uint8_t)code;
	return CMD_OK;
}

static int set_large(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	(void)o;
	cfg_edit_of(a)->c->identity.large =
		cmd_has(a, "no") ? 0 : cmd_arg_uint(a, "function", 0);
	return CMD_OK;
}

static const struct cmd_row rows[] = {
	{ CFG_TOP, "identity", "Labels of endpoints", enter_identity, 0 },
	{ CFG_TOP, "no identity", "Labels of endpoints", remove_identity, 0 },
	CFG_PAIR(CFG_IDENTITY, "domain", "(1-4294967295)$number",
		 "Within which labels mean the same; without one there are none",
		 set_domain),
	CFG_PAIR(CFG_IDENTITY, "attribute", "(1-255)$code",
		 "Path attribute that carries labels (default 255)", set_attribute),
	CFG_PAIR(CFG_IDENTITY, "large-community", "(1-4294967295)$function",
		 "Tell identities also as large communities AS:function:identity",
		 set_large),
};

const struct cmd_rows config_identity_rows = { rows, ARRAY_SIZE(rows) };

void config_identity_print(const struct config *c, struct out *o)
{
	const struct cfg_identity *i = &c->identity;

	if (!i->domain && i->code == LABELSET_CODE && !i->large)
		return;
	out_line(o, "identity\n");
	if (i->domain)
		out_line(o, " domain %u\n", i->domain);
	if (i->code != LABELSET_CODE)
		out_line(o, " attribute %u\n", i->code);
	if (i->large)
		out_line(o, " large-community %u\n", i->large);
	out_line(o, "exit\n!\n");
}
