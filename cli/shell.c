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

static void print_matching(FILE *f, const char *text, const regex_t *re)
{
	while (*text) {
		size_t n = strcspn(text, "\n");
		char *line = xcalloc(1, n + 1);

		memcpy(line, text, n);
		if (!regexec(re, line, 0, NULL, 0))
			fprintf(f, "%s\n", line);
		free(line);
		text += n + (text[n] == '\n');
	}
}

static void print_answer(const struct shell *s, const char *text, const regex_t *re)
{
	const char *pager = s->pager ? getenv("VTYSH_PAGER") : NULL;
	FILE *f = *text && pager && *pager ? popen(pager, "w") : NULL;
	FILE *to = f ? f : stdout;

	if (re)
		print_matching(to, text, re);
	else
		fputs(text, to);
	if (f)
		pclose(f);
	fflush(stdout);
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
	char *text;
	size_t len;
	int status = client_ask(&s->client, line, &text, &len);

	if (status < 0)
		return status;
	/* An error is no line of the answer: no filter hides it. */
	print_answer(s, text, status ? NULL : re);
	free(text);
	return status ? 1 : 0;
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
