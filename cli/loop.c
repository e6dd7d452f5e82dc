/*
 * The interactive shell: line editing, history, Tab and `?`, which ask the daemon.
 * Without a terminal it reads plain lines.
 */
#include <errno.h>
#include <histedit.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "cli/shell.h"
#include "lib/util.h"

static struct {
	struct shell *s;
	char prompt[128];
	volatile sig_atomic_t interrupted;
	sigset_t signals; /* that are let in while we wait for a key */
} loop;

static void prompt_update(void)
{
	char *p = shell_ask(loop.s, "prompt");

	if (p)
		p[strcspn(p, "\n")] = '\0';
	snprintf(loop.prompt, sizeof(loop.prompt), "%s ", p ? p : "selvage#");
	free(p);
}

static bool is_configuring(void)
{
	return strstr(loop.prompt, ")# ") != NULL;
}

static char *prompt_text(EditLine *el)
{
	(void)el;
	return loop.prompt;
}

/* ---- keys ---- */

/* "COMMAND line-up-to-the-cursor" */
static char *ask_about_line(EditLine *el, const char *command)
{
	const LineInfo *li = el_line(el);
	size_t n = (size_t)(li->cursor - li->buffer), head = strlen(command) + 1;
	char *line = xcalloc(1, head + n + 1), *answer;

	snprintf(line, head + 1, "%s ", command);
	memcpy(line + head, li->buffer, n);
	answer = shell_ask(loop.s, line);
	free(line);
	return answer;
}

static unsigned char key_help(EditLine *el, int ch)
{
	char *help = ask_about_line(el, "help-line");

	(void)ch;
	printf("?\n%s", help ? help : "% There is no matched command.\n");
	fflush(stdout);
	free(help);
	return CC_REDISPLAY;
}

/* Length of what all words (one per line) begin with. */
static size_t common_prefix(const char *words)
{
	size_t n = strcspn(words, "\n");

	for (const char *w = words; *w; w += strcspn(w, "\n") + 1) {
		size_t i = 0;

		while (i < n && w[i] == words[i])
			i++;
		n = i;
	}
	return n;
}

/* How much of the word at the cursor is typed already. */
static size_t typed_length(EditLine *el)
{
	const LineInfo *li = el_line(el);
	const char *p = li->cursor;

	while (p > li->buffer && p[-1] != ' ' && p[-1] != '\t')
		p--;
	return (size_t)(li->cursor - p);
}

static unsigned char key_complete(EditLine *el, int ch)
{
	char *words = ask_about_line(el, "complete"), add[128];
	size_t n, typed = typed_length(el);
	bool one;

	(void)ch;
	if (!words || !*words) {
		free(words);
		return CC_REFRESH_BEEP;
	}
	n = common_prefix(words);
	one = !words[strcspn(words, "\n") + 1];
	if (n < typed || (n == typed && !one)) {
		printf("\n%s", words);
		fflush(stdout);
		free(words);
		return CC_REDISPLAY;
	}
	snprintf(add, sizeof(add), "%.*s%s", (int)(n - typed), words + typed,
		 one ? " " : "");
	free(words);
	return el_insertstr(el, add) ? CC_REFRESH_BEEP : CC_REFRESH;
}

/* ---- lines ---- */

static bool is_word(const char *line, const char *word)
{
	size_t n = strlen(word);

	line += strspn(line, " \t");
	return !strncmp(line, word, n) && !line[n + strspn(line + n, " \t\r\n")];
}

/* Return: false to leave. */
static bool run_line(char *line, int *status)
{
	int rc;

	line[strcspn(line, "\r\n")] = '\0';
	if (!is_configuring() && (is_word(line, "exit") || is_word(line, "quit")))
		return false;
	if (!line[strspn(line, " \t")])
		return true;
	rc = shell_run(loop.s, line);
	if (rc == -EINTR) {
		printf("\n");
		client_reopen(&loop.s->client);
		rc = 1;
	}
	if (rc < 0) {
		printf("%% The daemon is gone (%s)\n", strerror(-rc));
		if (client_reopen(&loop.s->client))
			rc = 1;
		else
			printf("%% Connected anew; the command was not repeated\n");
	}
	*status = rc != 0;
	return true;
}

static int plain_loop(void)
{
	size_t cap = 0;
	char *line = NULL;
	int status = 0;

	do {
		prompt_update(); /* tells whether exit leaves */
	} while (getline(&line, &cap, stdin) >= 0 && run_line(line, &status));
	free(line);
	return status;
}

static void on_interrupt(int sig)
{
	(void)sig;
	loop.interrupted = 1;
}

/* Ctrl-C is let in only while we wait: between a look at the flag and read() it would
 * be heard with the next key. Return: 1; 0 at the end; -1. */
static int key_read(EditLine *el, wchar_t *out)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	mbstate_t part = { 0 };

	(void)el;
	for (;;) {
		char c;
		ssize_t n;

		if (loop.interrupted)
			return -1;
		if (ppoll(&in, 1, NULL, &loop.signals) < 0) {
			if (errno != EINTR)
				return -1;
			continue;
		}
		n = read(STDIN_FILENO, &c, 1);
		if (n <= 0)
			return (int)n;
		switch (mbrtowc(out, &c, 1, &part)) {
		case (size_t)-1: /* no character */
			part = (mbstate_t) { 0 };
			break;
		case (size_t)-2: /* a part of one */
			break;
		default:
			return 1;
		}
	}
}

static const char *line_read(EditLine *el, int *n)
{
	const char *line;
	sigset_t block;

	sigemptyset(&block);
	sigaddset(&block, SIGINT);
	loop.interrupted = 0;
	sigprocmask(SIG_BLOCK, &block, &loop.signals);
	line = el_gets(el, n);
	sigprocmask(SIG_SETMASK, &loop.signals, NULL);
	return line;
}

static EditLine *editor_new(History *h)
{
	struct sigaction sa = { .sa_handler = on_interrupt };
	EditLine *el = el_init("selvagectl", stdin, stdout, stderr);
	HistEvent ev;

	if (!el)
		return NULL;
	sigaction(SIGINT, &sa, NULL); /* no SA_RESTART: reading ends */
	history(h, &ev, H_SETSIZE, 500);
	history(h, &ev, H_SETUNIQUE, 1);
	el_set(el, EL_EDITOR, "emacs");
	el_set(el, EL_GETCFN, key_read);
	el_set(el, EL_PROMPT, prompt_text);
	el_set(el, EL_HIST, history, h);
	el_set(el, EL_ADDFN, "sv-help", "What may follow", key_help);
	el_set(el, EL_ADDFN, "sv-complete", "Complete the word", key_complete);
	el_source(el, NULL);
	el_set(el, EL_BIND, "?", "sv-help", NULL);
	el_set(el, EL_BIND, "\t", "sv-complete", NULL);
	return el;
}

static int edit_loop(EditLine *el, History *h)
{
	int status = 0, n;
	HistEvent ev;
	char *copy;
	bool more = true;

	while (more) {
		const char *line;

		prompt_update();
		line = line_read(el, &n);
		if (!line || n <= 0) {
			printf("\n");
			if (!loop.interrupted)
				break;
			free(shell_ask(loop.s, "end")); /* Ctrl-C: back to the top */
			el_reset(el);
			continue;
		}
		/* The history lives in memory only: lines may hold passwords. */
		if (line[strspn(line, " \t\r\n")])
			history(h, &ev, H_ENTER, line);
		copy = xstrdup(line);
		more = run_line(copy, &status);
		free(copy);
	}
	return status;
}

int shell_loop(struct shell *s)
{
	History *h = NULL;
	EditLine *el = NULL;
	int status;

	loop.s = s;
	s->client.interrupted = &loop.interrupted;
	if (isatty(STDIN_FILENO) && (h = history_init()))
		el = editor_new(h);
	s->pager = isatty(STDOUT_FILENO);
	status = el ? edit_loop(el, h) : plain_loop();
	if (el)
		el_end(el);
	if (h)
		history_end(h);
	return status;
}
