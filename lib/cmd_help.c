/*
 * What the rows of a command tree tell people: `?`, Tab, list, find and the reference
 * page. Nothing here runs a command.
 */
#include <errno.h>
#include <regex.h>
#include <stdlib.h>

#include "lib/cmd.h"
#include "lib/cmd_int.h"
#include "lib/out.h"
#include "lib/util.h"

static const struct {
	enum cmd_kind kind;
	const char *help;
} kinds[] = {
	{ K_WORD, "A name" },
	{ K_LINE, "The rest of the line" },
	{ K_IP4, "An IPv4 address" },
	{ K_IP6, "An IPv6 address" },
	{ K_IP, "An IPv4 or IPv6 address" },
	{ K_PREFIX, "A network, as 10.0.0.0/8 or 2001:db8::/32" },
	{ K_MAC, "An Ethernet address, as 02:00:00:00:00:01" },
	{ K_RD, "A route distinguisher, as 65000:1 or 192.0.2.1:1" },
	{ K_RT, "A route target, as 65000:100 or 192.0.2.1:100" },
	{ K_IFNAME, "A network device" },
	{ K_NUMBER, "A number" },
};

static const char *token_help(const struct cmd_tree *t, const struct cmd_token *tok,
			      const struct cmd_row *row)
{
	if (tok->kind != K_KEYWORD) {
		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
			if (kinds[i].kind == tok->kind)
				return kinds[i].help;
	}
	for (size_t i = t->n_words; i-- > 0;)
		if (!strcmp(t->words[i]->word, tok->text))
			return t->words[i]->help;
	return row->help ? row->help : "";
}

struct candidate {
	const char *text, *help;
	bool keyword;
};

struct candidates {
	struct candidate *v;
	size_t n;
	bool cr; /* the line may end here */
};

static void candidates_add(struct candidates *c, const char *text, const char *help,
			   bool keyword)
{
	for (size_t i = 0; i < c->n; i++)
		if (!strcmp(c->v[i].text, text))
			return;
	c->v = xrealloc(c->v, (c->n + 1) * sizeof(*c->v));
	c->v[c->n++] = (struct candidate) { text, help, keyword };
}

static int candidate_cmp(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	return strcmp(x->text, y->text);
}

/* Candidates for the word after `taken` words; partial NULL: for a new word. */
static bool gather_in(const struct cmd_tree *t, int mode, const struct cmd_line *w,
		      unsigned taken, const char *partial, struct candidates *c)
{
	struct cmd_threads now = { 0 }, next = { 0 }, swap;

	cmd_start(t, mode, &now);
	for (unsigned i = 0; i < taken; i++) {
		cmd_step(&now, w, i, &next);
		swap = now;
		now = next;
		next = swap;
	}
	for (size_t i = 0; i < now.n; i++) {
		const struct cmd_thread *th = &now.v[i];
		const struct cmd_token *tok = cmd_thread_token(th);

		if (!cmd_is_listed(th->prog->row))
			continue;
		if (cmd_thread_done(th) && !partial)
			c->cr = true;
		if (!tok || (partial && !cmd_token_match(tok, partial)))
			continue;
		candidates_add(c, tok->text, token_help(t, tok, th->prog->row),
			       tok->kind == K_KEYWORD);
	}
	free(now.v);
	free(next.v);
	return c->n || c->cr;
}

static void gather(const struct cmd_tree *t, int mode, const char *line,
		   struct candidates *c)
{
	struct cmd_line w;
	const char *partial;
	unsigned taken;

	memset(c, 0, sizeof(*c));
	cmd_split(line, &w);
	taken = w.n - (w.n && !w.blank_end);
	partial = taken < w.n ? w.v[taken].text : NULL;
	for (; mode >= 0 && !w.too_many; mode = t->modes[mode].parent)
		if (gather_in(t, mode, &w, taken, partial, c))
			break;
	if (c->n)
		qsort(c->v, c->n, sizeof(*c->v), candidate_cmp);
	/* Help texts and words live in rows and programs, not in the line. */
	free(w.store);
}

int cmd_help(const struct cmd_tree *t, int mode, const char *line, struct out *o)
{
	struct candidates c;
	int width = 4;

	gather(t, mode, line, &c);
	if (!c.n && !c.cr)
		out_line(o, "%% There is no matched command.\n");
	for (size_t i = 0; i < c.n; i++)
		width = MAX_OF(width, (int)strlen(c.v[i].text));
	for (size_t i = 0; i < c.n; i++)
		out_line(o, "  %-*s  %s\n", width, c.v[i].text, c.v[i].help);
	if (c.cr)
		out_line(o, "  <cr>\n");
	free(c.v);
	return c.n || c.cr ? CMD_OK : CMD_UNKNOWN;
}

void cmd_complete(const struct cmd_tree *t, int mode, const char *line, struct out *o)
{
	struct candidates c;

	gather(t, mode, line, &c);
	for (size_t i = 0; i < c.n; i++)
		if (c.v[i].keyword)
			out_line(o, "%s\n", c.v[i].text);
	free(c.v);
}

/* A grammar without its argument names. */
static void grammar_copy(const char *grammar, char *buf, size_t size)
{
	size_t n = 0;

	while (*grammar && n + 1 < size) {
		if (*grammar == '$')
			grammar += strcspn(grammar, " |)](");
		else
			buf[n++] = *grammar++;
	}
	buf[n] = '\0';
}

enum { GRAMMAR_MAX = 512 };

void cmd_list(const struct cmd_tree *t, int mode, struct out *o)
{
	char g[GRAMMAR_MAX];

	for (; mode >= 0; mode = t->modes[mode].parent)
		for (size_t i = 0; i < t->n_progs; i++) {
			const struct cmd_row *row = t->progs[i].row;

			/* Rows of every mode are listed once, at the top. */
			if (!cmd_row_in(row, mode) || !cmd_is_listed(row) ||
			    (row->mode == CMD_ANY && t->modes[mode].parent >= 0))
				continue;
			grammar_copy(row->grammar, g, sizeof(g));
			out_line(o, "  %s\n", g);
		}
}

static const char *row_mode_name(const struct cmd_tree *t, const struct cmd_row *row)
{
	return row->mode == CMD_ANY ? "any" : t->modes[row->mode].name;
}

int cmd_find(const struct cmd_tree *t, const char *regex, struct out *o)
{
	char g[GRAMMAR_MAX];
	regex_t re;

	if (regcomp(&re, regex, REG_EXTENDED | REG_NOSUB))
		return -EINVAL;
	for (size_t i = 0; i < t->n_progs; i++) {
		const struct cmd_row *row = t->progs[i].row;

		grammar_copy(row->grammar, g, sizeof(g));
		if (cmd_is_listed(row) && !regexec(&re, g, 0, NULL, 0))
			out_line(o, "  (%s)  %s\n", row_mode_name(t, row), g);
	}
	regfree(&re);
	return 0;
}

static void doc_mode(const struct cmd_tree *t, int mode, struct out *o)
{
	char g[GRAMMAR_MAX];
	bool headed = false;

	for (size_t i = 0; i < t->n_progs; i++) {
		const struct cmd_row *row = t->progs[i].row;

		if (row->mode != mode || !cmd_is_listed(row))
			continue;
		if (!headed)
			out_line(o, "\n## %s\n\n", row_mode_name(t, row));
		headed = true;
		grammar_copy(row->grammar, g, sizeof(g));
		out_line(o, "- `%s`: %s\n", g, row->help ? row->help : "");
	}
}

void cmd_doc(const struct cmd_tree *t, struct out *o)
{
	out_line(o, "# Commands\n");
	doc_mode(t, CMD_ANY, o);
	for (unsigned m = 0; m < t->n_modes; m++)
		doc_mode(t, (int)m, o);
}
