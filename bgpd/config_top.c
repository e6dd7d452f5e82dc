/*
 * Rows of the configuration language outside `router bgp` and `tenant`, and those that
 * move between modes. FRR's lines that mean nothing for us are read and forgotten.
 */
#include "bgpd/config.h"
#include "bgpd/config_edit.h"
#include "lib/log.h"
#include "lib/util.h"

static int set_hostname(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct config *c = cfg_edit_of(a)->c;

	(void)ctx;
	(void)o;
	if (cmd_has(a, "no")) {
		c->hostname[0] = '\0';
		return CMD_OK;
	}
	return cfg_string(a, "word", c->hostname, sizeof(c->hostname));
}

static int set_defaults(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct config *c = cfg_edit_of(a)->c;

	(void)ctx;
	(void)o;
	c->datacenter = cmd_has(a, "datacenter");
	config_defaults_apply(c);
	return CMD_OK;
}

static const struct {
	const char *word;
	enum log_level level;
} levels[] = {
	{ "emergencies", LOG_LVL_ERR },    { "alerts", LOG_LVL_ERR },
	{ "critical", LOG_LVL_ERR },       { "errors", LOG_LVL_ERR },
	{ "warnings", LOG_LVL_WARN },      { "notifications", LOG_LVL_INFO },
	{ "informational", LOG_LVL_INFO }, { "debugging", LOG_LVL_DEBUG },
};

#define LEVEL                                                                          \
	"(emergencies|alerts|critical|errors|warnings|notifications|informational|"    \
	"debugging)$level"

static void level_set(struct config *c, const struct cmd_args *a)
{
	const char *level = cmd_arg(a, "level");

	for (size_t i = 0; level && i < ARRAY_SIZE(levels); i++)
		if (!strcmp(levels[i].word, level))
			c->log_level = (int)levels[i].level;
}

static int set_log_level(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct config *c = cfg_edit_of(a)->c;

	(void)ctx;
	(void)o;
	if (cmd_has(a, "no"))
		c->log_level = -1;
	else
		level_set(c, a);
	return CMD_OK;
}

static int set_log_file(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct config *c = cfg_edit_of(a)->c;

	(void)ctx;
	(void)o;
	if (cmd_has(a, "no")) {
		c->log_file[0] = '\0';
		return CMD_OK;
	}
	level_set(c, a);
	return cfg_string(a, "path", c->log_file, sizeof(c->log_file));
}

static int leave(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct cfg_pos *pos = cfg_edit_of(a)->pos;
	int parent = config_modes[pos->mode].parent;

	(void)ctx;
	(void)o;
	pos->mode = parent > CMD_EXEC ? parent : CMD_EXEC;
	return CMD_OK;
}

static int leave_all(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	(void)o;
	cfg_edit_of(a)->pos->mode = CMD_EXEC;
	return CMD_OK;
}

static const struct cmd_row rows[] = {
	{ CFG_TOP, "frr version LINE", "Version of FRR that wrote the file", cfg_ignore,
	  0 },
	{ CFG_TOP, "frr defaults (traditional|datacenter)",
	  "Which of FRR's sets of defaults", set_defaults, 0 },
	{ CFG_TOP, "hostname WORD", "Name of this host", set_hostname, 0 },
	{ CFG_TOP, "no hostname [WORD]", "Name of this host", set_hostname, 0 },
	{ CFG_TOP, "[no] log (stderr|stdout|syslog|monitor) [" LEVEL "]",
	  "Least important messages that are logged", set_log_level, 0 },
	{ CFG_TOP, "log file WORD$path [" LEVEL "]", "Log to a file", set_log_file, 0 },
	{ CFG_TOP, "no log file [WORD$path]", "Log to a file", set_log_file, 0 },
	{ CFG_TOP, "[no] log (commands|record-priority|timestamp) [LINE]",
	  "Read for FRR's sake", cfg_ignore, 0 },
	{ CFG_TOP, "[no] service LINE", "Read for FRR's sake", cfg_ignore, 0 },
	{ CFG_TOP, "[no] (ip|ipv6) forwarding", "Read for FRR's sake", cfg_ignore, 0 },
	{ CFG_TOP, "[no] password LINE", "Read for FRR's sake", cfg_ignore, 0 },
	{ CFG_TOP, "[no] enable password LINE", "Read for FRR's sake", cfg_ignore, 0 },
	{ CFG_TOP, "[no] debug LINE", "A command of ours, not a setting", cfg_no_effect,
	  0 },
	{ CFG_TOP, "line vty", "Read for FRR's sake", cfg_ignore, 0 },
	{ CFG_TOP, "[no] exec-timeout LINE", "Read for FRR's sake", cfg_ignore, 0 },
	{ CFG_TOP, "[no] vni VNI [prefix-routes-only]", "Routed tenants: later",
	  cfg_no_effect, 0 },
	{ CFG_TOP, "exit", "Leave this mode", leave, CFG_ANYWHERE },
	{ CFG_TOP, "quit", "Leave this mode", leave, CFG_ANYWHERE },
	{ CFG_TOP, "end", "Leave configuration", leave_all, CFG_ANYWHERE },
};

const struct cmd_rows config_top_rows = { rows, ARRAY_SIZE(rows) };
