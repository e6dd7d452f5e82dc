/*
 * Commands of the shell itself: modes, running-config and its file, help. Commands that
 * show something stand beside what they show.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bgpd/vty_int.h"
#include "lib/cmd.h"
#include "lib/log.h"
#include "lib/out.h"
#include "lib/util.h"

/* ---- configuration ---- */

void vty_running_print(const struct vty_client *c, bool bare, struct out *o)
{
	if (!bare)
		out_line(o, "Building configuration...\n\nCurrent configuration:\n!\n");
	if (!c->zebra) /* all of it is bgpd.vty's */
		config_print(*c->s->config.running, o);
	if (!bare)
		out_line(o, "end\n");
}

static int show_running(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	vty_running_print(a->session, false, o);
	return CMD_OK;
}

static int write_all(int fd, const char *buf, size_t len)
{
	while (len) {
		ssize_t n = write(fd, buf, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		buf += n;
		len -= (size_t)n;
	}
	return fsync(fd) ? -errno : 0;
}

/* The new file beside the old one, with its mode. */
static int write_beside(const struct config *c, const char *path, const char *tmp)
{
	struct stat st;
	mode_t mode = stat(path, &st) ? 0640 : st.st_mode & 0777;
	int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct out o;
	int err;

	if (fd < 0)
		return -errno;
	out_init(&o, false);
	config_print(c, &o);
	err = write_all(fd, o.buf, o.len);
	if (!err && fchmod(fd, mode))
		err = -errno;
	out_fini(&o);
	close(fd);
	return err;
}

/* There is a whole file under the name at any time; the old one becomes .sav. */
static int config_save(const struct config *c, const char *path)
{
	char tmp[4096], sav[4096];
	int err;

	if (snprintf(tmp, sizeof(tmp), "%s.new", path) >= (int)sizeof(tmp) ||
	    snprintf(sav, sizeof(sav), "%s.sav", path) >= (int)sizeof(sav))
		return -ENAMETOOLONG;
	err = write_beside(c, path, tmp);
	if (!err && unlink(sav) && errno != ENOENT)
		err = -errno;
	if (!err && link(path, sav) && errno != ENOENT)
		err = -errno;
	if (!err && rename(tmp, path))
		err = -errno;
	if (err)
		unlink(tmp);
	return err;
}

static int write_memory(void *ctx, const struct cmd_args *a, struct out *o)
{
	const struct vty_config *cfg = &((struct vty_server *)ctx)->config;
	const struct vty_client *c = a->session;
	int err;

	if (c->zebra)
		return CMD_OK;
	if (!cfg->path) {
		out_line(o, "%% There is no configuration file (option -f)\n");
		return CMD_WARNING;
	}
	err = config_save(*cfg->running, cfg->path);
	if (err) {
		out_line(o, "%% Cannot write %s: %s\n", cfg->path, strerror(-err));
		return CMD_WARNING;
	}
	log_info(LOG_CONFIG, "configuration: written, file=%s", cfg->path);
	out_line(o, "Configuration saved to %s\n[OK]\n", cfg->path);
	return CMD_OK;
}

static int configure(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct vty_client *c = a->session;

	(void)ctx;
	(void)o;
	c->pos = (struct cfg_pos) { .mode = CFG_TOP };
	return CMD_OK;
}

static int replace(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct vty_server *s = ctx;
	char err[1024];
	struct config *candidate =
		config_parse_file(cmd_arg(a, "file"), err, sizeof(err));

	if (!candidate) {
		out_line(o, "%% %s\n", err);
		return CMD_CONFIG_FAILED;
	}
	return vty_commit(s, candidate, o);
}

static int leave_config(void *ctx, const struct cmd_args *a, struct out *o)
{
	struct vty_client *c = a->session;

	(void)ctx;
	(void)o;
	c->pos.mode = CMD_EXEC;
	return CMD_OK;
}

/* ---- the shell ---- */

static int nothing(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	(void)a;
	(void)o;
	return CMD_OK;
}

static int show_version(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	(void)a;
	out_obj(o, NULL);
	out_str(o, "version", PACKAGE_VERSION);
	out_end(o);
	out_text(o, "Selvage %s\n", PACKAGE_VERSION);
	return CMD_OK;
}

static int list(void *ctx, const struct cmd_args *a, struct out *o)
{
	const struct vty_client *c = a->session;

	cmd_list(((struct vty_server *)ctx)->tree, c->pos.mode, o);
	return CMD_OK;
}

static int find(void *ctx, const struct cmd_args *a, struct out *o)
{
	if (cmd_find(((struct vty_server *)ctx)->tree, cmd_arg(a, "line"), o)) {
		out_line(o, "%% Not a regular expression: %s\n", cmd_arg(a, "line"));
		return CMD_WARNING;
	}
	return CMD_OK;
}

static int doc(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)a;
	cmd_doc(((struct vty_server *)ctx)->tree, o);
	return CMD_OK;
}

static int debug(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	(void)o;
	log_debug_set(log_sub_find(cmd_arg(a, "what")), !cmd_has(a, "no"));
	return CMD_OK;
}

/* The line under the cursor, blanks at its end included, which say "a new word". */
static const char *typed(const struct cmd_args *a, int *mode)
{
	const struct vty_client *c = a->session;
	const char *line = a->line + a->v[0].column - 1 + strlen(a->v[0].value);

	line += *line == ' ';
	*mode = c->pos.mode;
	if (*mode != CMD_EXEC && !strncmp(line, "do ", 3)) {
		*mode = CMD_EXEC;
		line += 3;
	}
	return line;
}

static int complete(void *ctx, const struct cmd_args *a, struct out *o)
{
	int mode;
	const char *line = typed(a, &mode);

	cmd_complete(((struct vty_server *)ctx)->tree, mode, line, o);
	return CMD_OK;
}

static int help_line(void *ctx, const struct cmd_args *a, struct out *o)
{
	int mode;
	const char *line = typed(a, &mode);

	return cmd_help(((struct vty_server *)ctx)->tree, mode, line, o);
}

/* What the prompt should be: "host(config)#". */
static int prompt(void *ctx, const struct cmd_args *a, struct out *o)
{
	const struct vty_server *s = ctx;
	const struct vty_client *c = a->session;
	const struct config *cfg = *s->config.running;
	char host[64] = "selvage";

	if (cfg->hostname[0])
		str_copy(host, sizeof(host), cfg->hostname);
	else if (gethostname(host, sizeof(host) - 1))
		str_copy(host, sizeof(host), "selvage");
	out_line(o, "%s%s#\n", host, cmd_mode_get(s->tree, c->pos.mode)->prompt);
	return CMD_OK;
}

enum { HIDDEN = CMD_HIDDEN | VTY_EVERYWHERE };

static const struct cmd_row rows[] = {
	{ CMD_EXEC, "enable", "For habit: every command is there already", nothing,
	  VTY_EVERYWHERE },
	{ CMD_EXEC, "disable", "For habit", nothing, 0 },
	{ CMD_EXEC, "configure [terminal [(lock|file-lock)]]",
	  "Change the configuration line by line", configure, VTY_EVERYWHERE },
	{ CMD_EXEC, "configure replace WORD$file",
	  "Make the configuration that of a file, all or nothing", replace, 0 },
	{ CMD_EXEC, "show running-config", "The configuration in force", show_running,
	  VTY_EVERYWHERE },
	{ CMD_EXEC, "write terminal", "The configuration in force", show_running,
	  VTY_EVERYWHERE },
	{ CMD_EXEC, "write [(memory|file)]", "Keep the configuration in its file",
	  write_memory, VTY_EVERYWHERE },
	{ CMD_EXEC, "copy running-config startup-config",
	  "Keep the configuration in its file", write_memory, 0 },
	{ CMD_EXEC, "show version [json]", "Version of the daemon", show_version, 0 },
	{ CMD_EXEC, "terminal length (0-4294967295)", "Done in the shell", nothing, 0 },
	{ CMD_EXEC, "terminal no length", "Done in the shell", nothing, CMD_HIDDEN },
	{ CMD_EXEC, "[no] terminal paginate", "Done in the shell", nothing, 0 },
	{ CMD_EXEC,
	  "[no] debug "
	  "(main|session|update|rib|evpn|policy|ila|fib|config|vty|web)$what",
	  "Log every detail of one part, until restart", debug, 0 },
	{ CMD_EXEC, "list", "Every command of this mode", list, VTY_EVERYWHERE },
	{ CMD_EXEC, "find LINE", "Commands of all modes by a regular expression", find,
	  VTY_EVERYWHERE },
	{ CMD_EXEC, "exit", "Leave the shell", nothing, 0 },
	{ CMD_EXEC, "quit", "Leave the shell", nothing, 0 },
	{ CMD_EXEC, "end", "Back to the first prompt", leave_config, 0 },
	{ CMD_EXEC, "doc", "This reference", doc, HIDDEN },
	{ CMD_EXEC, "complete [LINE]", "Words that may follow", complete, HIDDEN },
	{ CMD_EXEC, "help-line [LINE]", "What may follow", help_line, HIDDEN },
	{ CMD_EXEC, "prompt", "The prompt", prompt, HIDDEN },
	/* vtysh brackets files with these */
	{ CMD_EXEC, "XFRR_start_configuration", "", nothing, HIDDEN },
	{ CMD_EXEC, "XFRR_end_configuration", "", nothing, HIDDEN },
};

static const struct cmd_word words[] = {
	{ "show", "Show state" },
	{ "json", "As JSON" },
	{ "no", "Take back" },
	{ "clear", "Reset" },
	{ "configure", "Change the configuration" },
	{ "terminal", "This terminal" },
	{ "write", "Show or keep the configuration" },
	{ "bgp", "Border Gateway Protocol" },
	{ "evpn", "Ethernet VPN" },
	{ "l2vpn", "Layer 2 VPN" },
	{ "vni", "Virtual network" },
	{ "mac", "Ethernet address" },
	{ "neighbor", "A neighbor or a group of neighbors" },
	{ "neighbors", "Neighbors" },
	{ "router", "Routing protocol" },
	{ "address-family", "Family of routes" },
	{ "timers", "Times" },
	{ "detail", "More of each" },
	{ "summary", "One line each" },
	{ "log", "Where messages go" },
	{ "copy", "Copy a configuration" },
	{ "ip", "IP address" },
	{ "rd", "Route distinguisher" },
	{ "route", "Routes" },
	{ "all", "All of them" },
	{ "origin-check", "What routes may claim of where they come from" },
	{ "labels", "What policy knows endpoints by" },
	{ "permit", "What is allowed" },
	{ "vtep", "Address of a tunnel endpoint" },
	{ "as-number", "Those that begin with an AS number" },
};

void vty_rows_register(struct vty_server *s)
{
	cmd_register(s->tree, rows, ARRAY_SIZE(rows), s);
	cmd_words(s->tree, words, ARRAY_SIZE(words));
}
