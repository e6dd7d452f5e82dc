/*
 * What a line from a shell means, by the mode its connection is in: a command, or a
 * change of the configuration, which is one transaction (copy, change, check, apply).
 * zebra.vty is there because FRR's vtysh and exporters ask it for kernel matters: it
 * runs every show command and swallows configuration, which bgpd.vty gets as well.
 */
#include <errno.h>
#include <stdlib.h>

#include "bgpd/vty_int.h"
#include "lib/cmd.h"
#include "lib/log.h"
#include "lib/out.h"
#include "lib/util.h"

int vty_commit(struct vty_server *s, struct config *candidate, struct out *o)
{
	char reason[1024] = "";
	int err = config_check(candidate, reason, sizeof(reason));

	if (!err && !candidate->from_file &&
	    config_equal(candidate, *s->config.running)) {
		config_free(candidate);
		return CMD_OK;
	}
	if (!err)
		err = s->config.apply(s->config.ctx, candidate, reason, sizeof(reason));
	if (!err)
		return CMD_OK;
	config_free(candidate);
	out_line(o, "%% %s\n", reason[0] ? reason : strerror(-err));
	return CMD_CONFIG_FAILED;
}

static void print_fault(int status, const char *line, const struct cfg_fault *f,
			struct out *o)
{
	if (status == CMD_CONFIG_FAILED)
		out_line(o, "%% %s\n", f->reason);
	else
		cmd_error_print(status, line + strspn(line, " \t"), o);
}

/* A configuration line; Return: also CMD_UNKNOWN and its sisters, nothing printed. */
static int config_edit(struct vty_client *c, const char *line, struct cfg_fault *fault)
{
	struct config *candidate = config_copy(*c->s->config.running);
	struct cfg_pos pos = c->pos;
	int status = config_line(candidate, &pos, c->s->tree, line, 0, fault);

	if (status) {
		config_free(candidate);
		return status;
	}
	status = vty_commit(c->s, candidate, &c->out);
	if (!status)
		c->pos = pos;
	return status;
}

static int run_exec(struct vty_client *c, const char *line)
{
	return cmd_run(c->s->tree, CMD_EXEC, line, c, &c->out);
}

/* Is this a command of the first prompt with one of these flags (0: any)? */
static bool is_exec(const struct vty_client *c, const char *line, unsigned flags)
{
	struct cmd_args args;
	bool yes;

	if (cmd_match(c->s->tree, CMD_EXEC, line, &args, NULL))
		return false;
	yes = !flags || args.row->flags & flags;
	cmd_args_fini(&args);
	return yes;
}

/* `do CMD`: the command, else NULL. */
static const char *after_do(const char *line)
{
	line += strspn(line, " \t");
	if (strncmp(line, "do", 2) != 0 || (line[2] != ' ' && line[2] != '\t'))
		return NULL;
	return line + 2 + strspn(line + 2, " \t");
}

static int run_do(struct vty_client *c, const char *line)
{
	/* vtysh asks so and puts the answers of its daemons together. */
	if (!strcmp(line, "write terminal")) {
		vty_running_print(c, true, &c->out);
		return CMD_OK;
	}
	return run_exec(c, line);
}

static int line_bgpd(struct vty_client *c, const char *line)
{
	struct cfg_fault fault;
	int status = config_edit(c, line, &fault);

	if (!status || c->out.len)
		return status;
	if (status != CMD_CONFIG_FAILED && is_exec(c, line, VTY_EVERYWHERE))
		return run_exec(c, line);
	print_fault(status, line, &fault, &c->out);
	return status;
}

/*
 * Configuration that came to zebra.vty: take it and do nothing. Which stanza its `exit`
 * leaves is not known here, so only `end` ends configuring; commands work anyway.
 */
static int line_zebra(struct vty_client *c, const char *line)
{
	line += strspn(line, " \t");
	if (!strcmp(line, "exit") || !strcmp(line, "quit"))
		return CMD_OK;
	return is_exec(c, line, 0) ? run_exec(c, line) : CMD_OK;
}

int vty_line(struct vty_client *c, const char *line)
{
	const char *inner = after_do(line);

	/* A handler of the last command may have left it in JSON mode. */
	out_fini(&c->out);
	log_debug(LOG_VTY, "shell: command, mode=%d line=%.200s", c->pos.mode, line);
	if (inner)
		return run_do(c, inner);
	if (c->pos.mode == CMD_EXEC)
		return run_exec(c, line);
	return c->zebra ? line_zebra(c, line) : line_bgpd(c, line);
}
