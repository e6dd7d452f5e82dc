/*
 * Reading the configuration: a file or a line at a time, by the rows of the language.
 * A file is one transaction: its first fault ends it, with line and column.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bgpd/config.h"
#include "bgpd/config_edit.h"
#include "lib/log.h"
#include "lib/util.h"

enum { FILE_MAX = 16 << 20 };

const struct cmd_mode config_modes[CFG_MODES] = {
	[CMD_EXEC] = { "exec", "", -1 },
	[CFG_TOP] = { "config", "(config)", -1 },
	[CFG_BGP] = { "config-router", "(config-router)", CFG_TOP },
	[CFG_EVPN] = { "config-router-af-evpn", "(config-router-af)", CFG_BGP },
	[CFG_VNI] = { "config-router-af-evpn-vni", "(config-router-af-vni)", CFG_EVPN },
	[CFG_RTC] = { "config-router-af-rtc", "(config-router-af)", CFG_BGP },
	[CFG_ILA] = { "config-router-af-ila", "(config-router-af)", CFG_BGP },
	[CFG_IP6] = { "config-router-af-ipv6", "(config-router-af)", CFG_BGP },
	[CFG_FOREIGN_AF] = { "config-router-af", "(config-router-af)", CFG_BGP },
	[CFG_TENANT] = { "config-tenant", "(config-tenant)", CFG_TOP },
	[CFG_SIR] = { "config-ila", "(config-ila)", CFG_TOP },
	[CFG_IDENTITY] = { "config-identity", "(config-identity)", CFG_TOP },
};

void config_rows_register(struct cmd_tree *t)
{
	static const struct cmd_rows *const all[] = {
		&config_top_rows,      &config_bgp_rows,      &config_nbr_rows,
		&config_evpn_rows,     &config_tenant_rows,   &config_ila_rows,
		&config_identity_rows, &config_endpoint_rows, &config_labels_rows,
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		cmd_register(t, all[i]->v, all[i]->n, NULL);
	config_af_register(t);
}

/* ---- for the rows ---- */

int cfg_fail(const struct cmd_args *a, const char *arg, const char *fmt, ...)
{
	struct cfg_fault *f = cfg_edit_of(a)->fault;
	va_list ap;

	f->column = arg ? cmd_arg_column(a, arg) : 0;
	if (!f->column)
		f->column = a->n ? a->v[0].column : 1;
	va_start(ap, fmt);
	vsnprintf(f->reason, sizeof(f->reason), fmt, ap);
	va_end(ap);
	return CMD_CONFIG_FAILED;
}

int cfg_ignore(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	(void)a;
	(void)o;
	return CMD_OK;
}

int cfg_no_effect(void *ctx, const struct cmd_args *a, struct out *o)
{
	const char *line = a->line + strspn(a->line, " \t");

	(void)ctx;
	(void)o;
	log_warn(LOG_CONFIG,
		 "configuration: `%.*s` has no effect in this version, line=%u",
		 (int)strcspn(line, "\r\n"), line, cfg_edit_of(a)->line);
	return CMD_OK;
}

int cfg_string(const struct cmd_args *a, const char *arg, char *dst, size_t size)
{
	const char *s = cmd_arg(a, arg);

	if (strlen(s) >= size)
		return cfg_fail(a, arg, "too long, expected at most %zu characters",
				size - 1);
	str_copy(dst, size, s);
	return CMD_OK;
}

/* ---- one line ---- */

static void explain(int status, const struct cmd_error *e, struct cfg_fault *f)
{
	const char *what = status == CMD_AMBIGUOUS ? "is ambiguous" : "is unknown here";
	const char * or = e->expected[0] ? ", expected " : "";

	f->column = e->column;
	if (e->word[0])
		snprintf(f->reason, sizeof(f->reason), "`%s` %s%s%s", e->word, what, or,
			 e->expected);
	else if (status == CMD_AMBIGUOUS)
		snprintf(f->reason, sizeof(f->reason), "the line is ambiguous");
	else
		snprintf(f->reason, sizeof(f->reason), "the line ends too early%s%s",
			 or, e->expected);
}

/* Printing would not give it back, and nobody means it. */
static bool control_character(const char *line, size_t len, struct cfg_fault *f)
{
	for (size_t i = 0; i < len; i++)
		if (((unsigned char)line[i] < ' ' && line[i] != '\t') ||
		    line[i] == 0x7f) {
			f->column = (unsigned)i + 1;
			snprintf(f->reason, sizeof(f->reason),
				 "control character 0x%02x, expected text",
				 (unsigned char)line[i]);
			return true;
		}
	return false;
}

int config_line(struct config *c, struct cfg_pos *pos, const struct cmd_tree *t,
		const char *line, unsigned line_no, struct cfg_fault *fault)
{
	struct cfg_edit e = { .c = c, .pos = pos, .fault = fault, .line = line_no };
	size_t lead = strspn(line, " \t\r\n"), len = strcspn(line, "\r\n");
	struct cmd_error err;
	struct cmd_args args;
	int status;

	memset(fault, 0, sizeof(*fault));
	fault->line = line_no;
	if (!line[lead] || line[lead] == '!' || line[lead] == '#')
		return CMD_OK;
	if (control_character(line, len, fault))
		return CMD_CONFIG_FAILED;
	status = cmd_match(t, pos->mode, line, &args, &err);
	if (status) {
		explain(status, &err, fault);
		return status;
	}
	/* A line of an outer mode leaves the inner one. */
	if (!(args.row->flags & CFG_ANYWHERE))
		pos->mode = args.mode;
	args.session = &e;
	status = args.row->run(args.ctx, &args, NULL);
	cmd_args_fini(&args);
	return status;
}

/* ---- a file ---- */

static const struct cmd_tree *language(void)
{
	static struct cmd_tree *t;

	if (!t) {
		t = cmd_tree_new(config_modes, CFG_MODES);
		config_rows_register(t);
	}
	return t;
}

static int parse_lines(struct config *c, const char *text, struct cfg_fault *f)
{
	struct cfg_pos pos = { .mode = CFG_TOP };
	int status = CMD_OK;

	for (unsigned n = 1; *text && !status; n++) {
		size_t len = strcspn(text, "\n");
		char *line;

		if (len > CMD_LINE_MAX) {
			*f = (struct cfg_fault) { .line = n, .column = CMD_LINE_MAX };
			snprintf(f->reason, sizeof(f->reason),
				 "the line is too long, expected at most %d bytes",
				 CMD_LINE_MAX);
			return CMD_CONFIG_FAILED;
		}
		line = xcalloc(1, len + 1);
		memcpy(line, text, len);
		if (len && line[len - 1] == '\r')
			line[len - 1] = '\0';
		status = config_line(c, &pos, language(), line, n, f);
		if (pos.mode == CMD_EXEC) /* `end`: a file has no other mode */
			pos.mode = CFG_TOP;
		free(line);
		text += len + (text[len] == '\n');
	}
	return status;
}

struct config *config_parse_text(const char *name, const char *text, char *err,
				 size_t errlen)
{
	struct config *c = config_new();
	struct cfg_fault f = { 0 };

	if (!parse_lines(c, text, &f) && !config_check_fault(c, &f))
		return c;
	snprintf(err, errlen, "%s:%u:%u: %s", name, f.line, f.column, f.reason);
	config_free(c);
	return NULL;
}

/* The whole file, terminated; -errno, -EFBIG, -EINVAL with a NUL inside. */
static int read_all(const char *path, char **text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;
	size_t len = 0, cap = 0;
	char *buf = NULL;
	ssize_t n;

	if (fd < 0)
		return -errno;
	do {
		if (cap - len < 4096) {
			cap = cap ? cap * 2 : 8192;
			buf = xrealloc(buf, cap);
		}
		n = read(fd, buf + len, cap - len - 1);
		if (n > 0)
			len += (size_t)n;
	} while (len <= FILE_MAX && (n > 0 || (n < 0 && errno == EINTR)));
	if (n < 0)
		err = -errno;
	else if (len > FILE_MAX)
		err = -EFBIG;
	else if (memchr(buf, '\0', len))
		err = -EINVAL;
	close(fd);
	buf[len] = '\0';
	*text = buf;
	if (err)
		free(buf);
	return err;
}

struct config *config_parse_file(const char *path, char *err, size_t errlen)
{
	struct config *c;
	char *text = NULL;
	int rc = read_all(path, &text);

	if (rc) {
		snprintf(err, errlen, "%s:1:1: cannot read the file: %s", path,
			 rc == -EINVAL ? "it has a zero byte" : strerror(-rc));
		return NULL;
	}
	c = config_parse_text(path, text, err, errlen);
	if (c)
		c->from_file = true;
	free(text);
	return c;
}
