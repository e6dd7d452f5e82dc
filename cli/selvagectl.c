/*
 * selvagectl: the shell of selvaged. Sends lines, prints answers; the grammar stays in
 * the daemon. Options as FRR's vtysh has them.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/shell.h"
#include "lib/util.h"

#define RUNDIR "/run/selvage"
#define CONFIG "/etc/selvage/selvage.conf"

enum { EXIT_USAGE = 2 };
enum { OPT_RUNDIR = 256, OPT_VERSION, OPT_COMPLETE };

struct options {
	const char *rundir, *file, *complete;
	const char **commands;
	unsigned n_commands;
	bool check, echo, write;
};

static void usage(FILE *f)
{
	fputs("Usage: selvagectl [OPTION]...\n"
	      "The shell of selvaged; without -c, -f, -C or -w it is interactive.\n"
	      "  -c COMMAND          run it; repeatable, newlines inside separate "
	      "commands;\n"
	      "                      stops at the first that fails\n"
	      "  -f FILE             apply the lines of a configuration file\n"
	      "  -C                  only check the file (-f, else " CONFIG ")\n"
	      "  -E                  print prompt and command before each answer\n"
	      "  -w                  write the configuration to its file at the end\n"
	      "  --rundir DIR, --vty_socket DIR\n"
	      "                      where the daemon's sockets are (" RUNDIR ")\n"
	      "  --complete LINE     print the words that may follow\n"
	      "  --version, -h, --help\n"
	      "Exit status: 0, 1 a command or file was refused, 2 wrong usage.\n",
	      f);
}

static int options_parse(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "rundir", required_argument, NULL, OPT_RUNDIR },
		{ "vty_socket", required_argument, NULL, OPT_RUNDIR },
		{ "command", required_argument, NULL, 'c' },
		{ "inputfile", required_argument, NULL, 'f' },
		{ "dryrun", no_argument, NULL, 'C' },
		{ "echo", no_argument, NULL, 'E' },
		{ "writeconfig", no_argument, NULL, 'w' },
		{ "complete", required_argument, NULL, OPT_COMPLETE },
		{ "version", no_argument, NULL, OPT_VERSION },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "c:f:CEwh", longs, NULL)) != -1) {
		switch (opt) {
		case 'c':
			o->commands[o->n_commands++] = optarg;
			break;
		case 'f':
			o->file = optarg;
			break;
		case 'C':
			o->check = true;
			break;
		case 'E':
			o->echo = true;
			break;
		case 'w':
			o->write = true;
			break;
		case OPT_RUNDIR:
			o->rundir = optarg;
			break;
		case OPT_COMPLETE:
			o->complete = optarg;
			break;
		case OPT_VERSION:
			printf("selvagectl %s\n", PACKAGE_VERSION);
			exit(0);
		case 'h':
			usage(stdout);
			exit(0);
		default:
			return -EINVAL;
		}
	}
	return optind == argc ? 0 : -EINVAL;
}

/* ---- -C ---- */

/* The daemon knows the language: beside us, in ../sbin, installed, or in PATH. */
static int check_file(const char *file)
{
	char self[4000], path[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	if (slash) {
		*slash = '\0';
		snprintf(path, sizeof(path), "%s/selvaged", self);
		execl(path, "selvaged", "-C", "-f", file, (char *)NULL);
		snprintf(path, sizeof(path), "%s/../sbin/selvaged", self);
		execl(path, "selvaged", "-C", "-f", file, (char *)NULL);
	}
	execl(SBINDIR "/selvaged", "selvaged", "-C", "-f", file, (char *)NULL);
	execlp("selvaged", "selvaged", "-C", "-f", file, (char *)NULL);
	fprintf(stderr, "selvagectl: cannot run selvaged: %s\n", strerror(errno));
	return 1;
}

/* ---- -c and -f ---- */

static int lost(int err)
{
	fprintf(stderr, "selvagectl: the daemon does not answer: %s\n", strerror(-err));
	return 1;
}

static int run(struct shell *s, const char *line)
{
	int rc = shell_run(s, line);

	return rc < 0 ? lost(rc) : rc;
}

/* A -c argument may hold several lines. */
static int run_commands(struct shell *s, const char *text)
{
	int status = 0;

	while (*text && !status) {
		size_t n = strcspn(text, "\n");
		char *line = xcalloc(1, n + 1);

		memcpy(line, text, n);
		status = run(s, line);
		free(line);
		text += n + (text[n] == '\n');
	}
	return status;
}

/* A refusal is printed on stderr, with its line. */
static int file_line(struct shell *s, const char *file, unsigned no, char *line)
{
	char *text;
	size_t len;
	int status;

	line[strcspn(line, "\r\n")] = '\0';
	if (s->echo)
		printf("%s\n", line);
	/* `end` of a file must not end configuring: more may follow. */
	if (!strcmp(line + strspn(line, " \t"), "end"))
		return 0;
	status = client_ask(&s->client, line, &text, &len);
	if (status < 0)
		return lost(status);
	if (status)
		fprintf(stderr, "%s:%u: %s", file, no, text);
	else
		fputs(text, stdout);
	free(text);
	return status ? 1 : 0;
}

static int run_file(struct shell *s, const char *file)
{
	FILE *f = strcmp(file, "-") != 0 ? fopen(file, "r") : stdin;
	char *line = NULL;
	size_t cap = 0;
	int status;

	if (!f) {
		fprintf(stderr, "selvagectl: %s: %s\n", file, strerror(errno));
		return 1;
	}
	status = run(s, "configure terminal");
	for (unsigned n = 1; !status && getline(&line, &cap, f) >= 0; n++)
		status = file_line(s, file, n, line);
	if (!status)
		status = run(s, "end");
	free(line);
	if (f != stdin)
		fclose(f);
	return status;
}

static int complete(struct shell *s, const char *line)
{
	char *ask = xcalloc(1, strlen(line) + sizeof("complete "));
	int status;

	sprintf(ask, "complete %s", line);
	status = run(s, ask);
	free(ask);
	return status;
}

static int work(struct shell *s, const struct options *o)
{
	int status = 0;

	if (o->complete)
		return complete(s, o->complete);
	if (!o->n_commands && !o->file && !o->write)
		return shell_loop(s);
	if (o->file)
		status = run_file(s, o->file);
	for (unsigned i = 0; i < o->n_commands && !status; i++)
		status = run_commands(s, o->commands[i]);
	if (o->write && !status)
		status = run(s, "write memory");
	return status;
}

int main(int argc, char **argv)
{
	struct options o = { .rundir = RUNDIR };
	struct shell s = { .client.fd = -1 };
	int status = EXIT_USAGE, err;

	signal(SIGPIPE, SIG_IGN);
	o.commands = xcalloc((size_t)argc, sizeof(*o.commands));
	if (options_parse(&o, argc, argv)) {
		usage(stderr);
		goto out;
	}
	if (o.check) {
		status = check_file(o.file ? o.file : CONFIG);
		goto out;
	}
	s.echo = o.echo;
	err = client_open(&s.client, o.rundir);
	if (err) {
		fprintf(stderr, "selvagectl: %s: %s; is selvaged running?\n",
			s.client.path, strerror(-err));
		status = 1;
		goto out;
	}
	status = work(&s, &o);
	client_close(&s.client);
	if (fflush(stdout))
		status = 1;
out:
	free(o.commands);
	return status;
}
