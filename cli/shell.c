/*
 * One line: ask the daemon, filter, page, print. The grammar stays in the daemon; only
 * `| include REGEX` is ours.
 */
#include "cli/shell.h"

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/util.h"

/* Where "| include REGEX" begins, and the expression; NULL when there is none. */
static const char *filter_find(const char *line, const char **regex)
{
	const char *bar = strrchr(line, '|');
	const char *p;

	if (!bar)
		return NULL;
	p = bar + 1 + strspn(bar + 1, " \t");
	if (strncmp(p, "include", 7) != 0 || (p[7] != ' ' && p[7] != '\t'))
		return NULL;
	*regex = p + 8 + strspn(p + 8, " \t");
	return bar;
}

/*
 * Prints an answer as it comes. The first bytes are held back: whether they are an
 * error, which no filter hides, is known at the end only, but errors are short.
 */
struct printer {
	const struct shell *s;
	const regex_t *re; /* NULL: no filter */
	FILE *to;          /* NULL: nothing has been printed yet */
	FILE *pager;
	char *held; /* owned */
	size_t n, cap;
};

enum { HOLD = 65536 };

static void print_begin(struct printer *p)
{
	const char *pager = p->s->pager ? getenv("VTYSH_PAGER") : NULL;

	p->pager = p->n && pager && *pager ? popen(pager, "w") : NULL;
	p->to = p->pager ? p->pager : stdout;
}

static void print_line(struct printer *p, char *line, size_t n)
{
	line[n] = '\0';
	if (!regexec(p->re, line, 0, NULL, 0))
		fprintf(p->to, "%s\n", line);
}

/* Print what is held; with a filter a line without its end stays unless all is here. */
static void print_held(struct printer *p, bool all)
{
	char *at = p->held, *end = p->held + p->n, *nl;

	if (!p->n)
		return;
	if (!p->re) {
		fwrite(p->held, 1, p->n, p->to);
		at = end;
	}
	while (at < end && (nl = memchr(at, '\n', (size_t)(end - at)))) {
		print_line(p, at, (size_t)(nl - at));
		at = nl + 1;
	}
	if (all && at < end) {
		print_line(p, at, (size_t)(end - at));
		at = end;
	}
	p->n = (size_t)(end - at);
	if (p->n)
		memmove(p->held, at, p->n);
}

/* Nothing comes for a while: here is what there is. */
static void print_pause(struct printer *p)
{
	if (!p->n)
		return;
	if (!p->to)
		p->to = stdout;
	print_held(p, false);
	fflush(p->to);
}

static void print_part(void *arg, const char *text, size_t len)
{
	struct printer *p = arg;

	if (!text) {
		print_pause(p);
		return;
	}
	if (p->cap - p->n <= len) { /* and a byte for a terminator */
		p->cap = MAX_OF(2 * p->cap, p->n + len + 1);
		p->held = xrealloc(p->held, p->cap);
	}
	memcpy(p->held + p->n, text, len);
	p->n += len;
	if (p->n < HOLD)
		return;
	if (!p->to)
		print_begin(p);
	print_held(p, false);
	if (ferror(stdout)) /* `| head` has left: no need to hear the rest */
		exit(1);
}

static void print_end(struct printer *p, int status)
{
	if (!p->to)
		print_begin(p);
	if (status)
		p->re = NULL;
	print_held(p, true);
	if (p->pager)
		pclose(p->pager);
	fflush(stdout);
	free(p->held);
}

static void echo(struct shell *s, const char *line)
{
	char *prompt = shell_ask(s, "prompt");

	if (prompt)
		prompt[strcspn(prompt, "\n")] = '\0';
	printf("%s %s\n", prompt ? prompt : "#", line);
	free(prompt);
}

char *shell_ask(struct shell *s, const char *line)
{
	char *text = NULL;
	size_t len;
	int status = client_ask(&s->client, line, &text, &len);

	if (!status)
		return text;
	free(text);
	return NULL;
}

static int ask_and_print(struct shell *s, const char *line, const regex_t *re)
{
	struct printer p = { .s = s, .re = re };
	int status = client_stream(&s->client, line, print_part, &p);

	print_end(&p, status);
	return status > 0 ? 1 : status;
}

int shell_run(struct shell *s, const char *line)
{
	const char *expr, *bar = filter_find(line, &expr);
	char *command;
	regex_t re;
	int rc;

	if (s->echo)
		echo(s, line);
	if (!bar)
		return ask_and_print(s, line, NULL);
	if (regcomp(&re, expr, REG_EXTENDED | REG_NOSUB)) {
		printf("%% Bad regexp '%s'\n", expr);
		return 1;
	}
	command = xcalloc(1, (size_t)(bar - line) + 1);
	memcpy(command, line, (size_t)(bar - line));
	rc = ask_and_print(s, command, &re);
	free(command);
	regfree(&re);
	return rc;
}
