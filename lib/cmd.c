/*
 * Command tree: which row does a line mean, and with which arguments. All rows of a
 * mode run over the words at once; at each word only the best kind of fit goes on
 * (an exact keyword before a typed value before an abbreviation before any word), so
 * an abbreviation may still be decided by what follows it.
 * Not for listing and help (cmd_help.c), nor for the notation of rows (cmd_grammar.c).
 */
#include "lib/cmd.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/cmd_int.h"
#include "lib/out.h"
#include "lib/util.h"

struct cmd_tree *cmd_tree_new(const struct cmd_mode *modes, unsigned n)
{
	struct cmd_tree *t = xcalloc(1, sizeof(*t));

	t->modes = modes;
	t->n_modes = n;
	return t;
}

void cmd_tree_free(struct cmd_tree *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n_progs; i++) {
		free(t->progs[i].tokens);
		free(t->progs[i].insts);
	}
	free(t->progs);
	free(t->words);
	free(t);
}

void cmd_register(struct cmd_tree *t, const struct cmd_row *rows, size_t n, void *ctx)
{
	if (t->n_progs + n > t->cap_progs) {
		t->cap_progs = MAX_OF(t->n_progs + n, t->cap_progs * 2);
		t->progs = xrealloc(t->progs, t->cap_progs * sizeof(*t->progs));
	}
	for (size_t i = 0; i < n; i++) {
		struct cmd_prog *p = &t->progs[t->n_progs++];

		assert(rows[i].mode < (int)t->n_modes);
		*p = (struct cmd_prog) { .row = &rows[i], .ctx = ctx };
		cmd_compile(p);
	}
}

void cmd_words(struct cmd_tree *t, const struct cmd_word *words, size_t n)
{
	if (t->n_words + n > t->cap_words) {
		t->cap_words = MAX_OF(t->n_words + n, t->cap_words * 2);
		t->words = xrealloc(t->words, t->cap_words * sizeof(*t->words));
	}
	for (size_t i = 0; i < n; i++)
		t->words[t->n_words++] = &words[i];
}

const struct cmd_mode *cmd_mode_get(const struct cmd_tree *t, int mode)
{
	return &t->modes[mode];
}

/* ---- words of a line ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void cmd_split(const char *line, struct cmd_line *w)
{
	size_t len = strlen(line);
	char *cut, *whole, *p;

	memset(w, 0, sizeof(*w));
	w->blank_end = !len || is_blank(line[len - 1]);
	while (len && is_blank(line[len - 1]))
		len--;
	w->store = cut = xcalloc(2, len + 1);
	whole = cut + len + 1;
	memcpy(cut, line, len);
	memcpy(whole, line, len);
	w->whole = whole;
	for (p = cut;;) {
		while (is_blank(*p))
			p++;
		if (!*p)
			return;
		if (w->n == CMD_WORDS) {
			w->too_many = true; /* only LINE may still take them */
			return;
		}
		w->v[w->n].text = p;
		w->v[w->n++].column = (unsigned)(p - cut) + 1;
		while (*p && !is_blank(*p))
			p++;
		if (*p)
			*p++ = '\0';
	}
}

/* ---- matching ---- */

static void threads_add(struct cmd_threads *ts, const struct cmd_thread *th)
{
	if (ts->n == ts->cap) {
		ts->cap = ts->cap ? ts->cap * 2 : 64;
		ts->v = xrealloc(ts->v, ts->cap * sizeof(*ts->v));
	}
	ts->v[ts->n++] = *th;
}

/* Follow forks and jumps from th->pc to tokens and ends; the first way comes first. */
static void threads_follow(struct cmd_threads *ts, struct cmd_thread th)
{
	while (th.pc != PC_NONE) {
		const struct cmd_inst *in = &th.prog->insts[th.pc];

		if (in->op == OP_TOKEN || in->op == OP_END) {
			threads_add(ts, &th);
			return;
		}
		th.pc = in->x;
		if (in->op == OP_FORK) {
			threads_follow(ts, th);
			th.pc = in->y;
		}
	}
}

void cmd_start(const struct cmd_tree *t, int mode, struct cmd_threads *out)
{
	out->n = 0;
	for (size_t i = 0; i < t->n_progs; i++)
		if (cmd_row_in(t->progs[i].row, mode))
			threads_follow(out,
				       (struct cmd_thread) { .prog = &t->progs[i] });
}

static int thread_fit(const struct cmd_thread *th, const char *word)
{
	const struct cmd_token *tok = cmd_thread_token(th);

	if (th->rest)
		return FIT_GENERIC;
	if (!tok || th->n == CMD_ARGS)
		return FIT_NONE;

	int fit = cmd_token_match(tok, word);

	/* Nobody shall meet a hidden command by abbreviation. */
	return fit == FIT_ABBREV && !cmd_is_listed(th->prog->row) ? FIT_NONE : fit;
}

void cmd_step(const struct cmd_threads *in, const struct cmd_line *w, unsigned i,
	      struct cmd_threads *out)
{
	const char *word = w->v[i].text;
	int best = FIT_NONE;

	out->n = 0;
	for (size_t k = 0; k < in->n; k++)
		best = MAX_OF(best, thread_fit(&in->v[k], word));
	for (size_t k = 0; best && k < in->n; k++) {
		struct cmd_thread th = in->v[k];

		if (thread_fit(&th, word) != best)
			continue;
		if (th.rest) {
			threads_add(out, &th);
			continue;
		}

		const struct cmd_token *tok = cmd_thread_token(&th);

		th.rest = tok->kind == K_LINE;
		th.cap[th.n].token = th.prog->insts[th.pc].x;
		th.cap[th.n++].word = (uint16_t)i;
		th.pc++;
		threads_follow(out, th);
	}
}

/* Do two ways read one word as different keywords? */
static bool threads_differ(const struct cmd_thread *a, const struct cmd_thread *b)
{
	for (unsigned i = 0; i < a->n && i < b->n; i++) {
		const struct cmd_token *x = &a->prog->tokens[a->cap[i].token];
		const struct cmd_token *y = &b->prog->tokens[b->cap[i].token];

		if (x->kind == K_KEYWORD && y->kind == K_KEYWORD &&
		    strcmp(x->text, y->text) != 0)
			return true;
	}
	return false;
}

/*
 * The complete way among those left, or why there is none. A way that needs more words
 * counts against an abbreviation too: `s` shall not mean the one command that happens
 * to be complete.
 */
static int pick(const struct cmd_threads *ts, const struct cmd_thread **found)
{
	for (size_t i = 1; i < ts->n; i++)
		if (threads_differ(&ts->v[0], &ts->v[i]))
			return CMD_AMBIGUOUS;
	for (size_t i = 0; i < ts->n; i++)
		if (cmd_thread_done(&ts->v[i])) {
			*found = &ts->v[i];
			return CMD_OK;
		}
	return CMD_INCOMPLETE;
}

/* ---- errors ---- */

enum { EXPECTED_MAX = 8 };

/* Different words that could stand here; EXPECTED_MAX + 1: too many to tell. */
static unsigned candidates(const struct cmd_threads *ts, const char **v)
{
	bool end = false;
	unsigned n = 0;

	for (size_t i = 0; i < ts->n; i++) {
		const struct cmd_token *tok = cmd_thread_token(&ts->v[i]);
		unsigned k = 0;

		end |= cmd_thread_done(&ts->v[i]);
		if (!tok || !cmd_is_listed(ts->v[i].prog->row))
			continue;
		while (k < n && strcmp(v[k], tok->text) != 0)
			k++;
		if (k < n)
			continue;
		if (n == EXPECTED_MAX)
			return EXPECTED_MAX + 1;
		v[n++] = tok->text;
	}
	if (end && n < EXPECTED_MAX)
		v[n++] = "end of line";
	return n;
}

/* "a, b or C" */
static void expected(const struct cmd_threads *ts, struct cmd_error *err)
{
	const char *v[EXPECTED_MAX];
	unsigned n = candidates(ts, v);
	size_t len = 0;

	for (unsigned i = 0; n <= EXPECTED_MAX && i < n; i++) {
		const char *sep = !i ? "" : i + 1 == n ? " or " : ", ";

		snprintf(err->expected + len, sizeof(err->expected) - len, "%s%s", sep,
			 v[i]);
		len = strlen(err->expected);
	}
}

static void error_at(const struct cmd_line *w, unsigned i,
		     const struct cmd_threads *before, struct cmd_error *err)
{
	memset(err, 0, sizeof(*err));
	if (i < w->n) {
		err->column = w->v[i].column;
		snprintf(err->word, sizeof(err->word), "%s", w->v[i].text);
	} else {
		err->column = (unsigned)strlen(w->whole) + 1;
	}
	expected(before, err);
}

/* ---- one line in one mode ---- */

static void fill_args(const struct cmd_thread *th, struct cmd_line *w, const char *line,
		      struct cmd_args *args)
{
	memset(args, 0, sizeof(*args));
	args->row = th->prog->row;
	args->ctx = th->prog->ctx;
	args->line = line;
	args->n = th->n;
	for (unsigned i = 0; i < th->n; i++) {
		const struct cmd_token *tok = &th->prog->tokens[th->cap[i].token];
		unsigned at = th->cap[i].word;
		struct cmd_arg *a = &args->v[i];

		a->name = tok->name;
		a->column = w->v[at].column;
		a->keyword = tok->kind == K_KEYWORD;
		a->value = tok->kind == K_KEYWORD ? tok->text
			   : tok->kind == K_LINE  ? w->whole + a->column - 1
						  : w->v[at].text;
	}
	args->store = w->store;
	w->store = NULL;
}

static int match_in(const struct cmd_tree *t, int mode, struct cmd_line *w,
		    const char *line, struct cmd_args *args, struct cmd_error *err)
{
	struct cmd_threads now = { 0 }, next = { 0 }, swap;
	const struct cmd_thread *found = NULL;
	int status = CMD_UNKNOWN;
	unsigned i;

	cmd_start(t, mode, &now);
	for (i = 0; i < w->n; i++) {
		cmd_step(&now, w, i, &next);
		if (!next.n)
			break;
		swap = now;
		now = next;
		next = swap;
	}
	/* Words that did not fit our table exist only for a LINE. */
	if (i == w->n)
		status = pick(&now, &found);
	if (status == CMD_OK && w->too_many && !found->rest)
		status = CMD_UNKNOWN;
	if (status == CMD_OK) {
		fill_args(found, w, line, args);
		args->mode = mode;
	} else {
		error_at(w, i, &now, err);
	}
	free(now.v);
	free(next.v);
	return status;
}

int cmd_match(const struct cmd_tree *t, int mode, const char *line,
	      struct cmd_args *args, struct cmd_error *err)
{
	struct cmd_error best = { 0 }, e;
	struct cmd_line w;
	int status = CMD_UNKNOWN;

	cmd_split(line, &w);
	for (; mode >= 0; mode = t->modes[mode].parent) {
		int s = match_in(t, mode, &w, line, args, &e);

		if (s == CMD_OK)
			return CMD_OK;
		/* Whoever understood most of the line explains best. */
		if (e.column > best.column) {
			best = e;
			status = s;
		}
	}
	free(w.store);
	if (err)
		*err = best;
	return status;
}

void cmd_args_fini(struct cmd_args *args)
{
	free(args->store);
	args->store = NULL;
	args->n = 0;
}

/* ---- running ---- */

void cmd_error_print(int status, const char *line, struct out *o)
{
	size_t len = strcspn(line, "\r\n");
	const char *what = status == CMD_AMBIGUOUS    ? "Ambiguous command"
			   : status == CMD_INCOMPLETE ? "Command incomplete"
						      : "Unknown command";

	out_line(o, "%% %s: %.*s\n", what, (int)len, line);
}

int cmd_run(const struct cmd_tree *t, int mode, const char *line, void *session,
	    struct out *o)
{
	size_t lead = strspn(line, " \t\r\n");
	struct cmd_args args;
	int status;

	if (!line[lead] || line[lead] == '!' || line[lead] == '#')
		return CMD_OK;
	status = cmd_match(t, mode, line, &args, NULL);
	if (status) {
		cmd_error_print(status, line + lead, o);
		return status;
	}
	args.session = session;
	o->json = cmd_has(&args, "json");
	status = args.row->run(args.ctx, &args, o);
	cmd_args_fini(&args);
	return status;
}

/* ---- arguments ---- */

static const struct cmd_arg *arg_find(const struct cmd_args *args, const char *name)
{
	const struct cmd_arg *keyword = NULL;

	for (unsigned i = 0; i < args->n; i++) {
		const struct cmd_arg *a = &args->v[i];

		if (strcmp(a->name, name) != 0)
			continue;
		if (!a->keyword)
			return a;
		if (!keyword)
			keyword = a;
	}
	return keyword;
}

const char *cmd_arg(const struct cmd_args *args, const char *name)
{
	const struct cmd_arg *a = arg_find(args, name);

	return a ? a->value : NULL;
}

unsigned cmd_arg_column(const struct cmd_args *args, const char *name)
{
	const struct cmd_arg *a = arg_find(args, name);

	return a ? a->column : 0;
}

uint32_t cmd_arg_uint(const struct cmd_args *args, const char *name, uint32_t dflt)
{
	const char *s = cmd_arg(args, name);

	return s ? (uint32_t)strtoul(s, NULL, 10) : dflt;
}

bool cmd_arg_ip(const struct cmd_args *args, const char *name, struct ip *out)
{
	const char *s = cmd_arg(args, name);

	return s && !ip_parse(s, out);
}

bool cmd_arg_mac(const struct cmd_args *args, const char *name, struct mac *out)
{
	const char *s = cmd_arg(args, name);

	return s && !mac_parse(s, out);
}

bool cmd_arg_rd(const struct cmd_args *args, const char *name, struct rd *out)
{
	const char *s = cmd_arg(args, name);

	return s && !rd_parse(s, out);
}
