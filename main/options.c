/*
 * The command line. Both processes read the same one: the engine is started with
 * the arguments of its parent.
 */
#include "main/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	OPT_RUNDIR = 256,
	OPT_STATEDIR,
	OPT_BPF_DIR,
	OPT_WEB_LISTEN,
	OPT_WEB_CONFIG,
	OPT_FIB,
	OPT_ALLOW_VNI,
	OPT_ALLOW_DEV,
	OPT_VERSION,
	OPT_HELP,
};

static const struct option longs[] = {
	{ "config-file", required_argument, NULL, 'f' },
	{ "check-config", no_argument, NULL, 'C' },
	{ "debug", no_argument, NULL, 'd' },
	{ "user", required_argument, NULL, 'u' },
	{ "pid-file", required_argument, NULL, 'i' },
	{ "port", required_argument, NULL, 'p' },
	{ "listen", required_argument, NULL, 'l' },
	{ "rundir", required_argument, NULL, OPT_RUNDIR },
	{ "statedir", required_argument, NULL, OPT_STATEDIR },
	{ "bpf-dir", required_argument, NULL, OPT_BPF_DIR },
	{ "web.listen-address", required_argument, NULL, OPT_WEB_LISTEN },
	{ "web.config.file", required_argument, NULL, OPT_WEB_CONFIG },
	{ "fib", required_argument, NULL, OPT_FIB },
	{ "fib-allow-vni", required_argument, NULL, OPT_ALLOW_VNI },
	{ "fib-allow-dev", required_argument, NULL, OPT_ALLOW_DEV },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static const char usage[] =
	"usage: selvaged [options]\n"
	"  -f FILE                    configuration (/etc/selvage/selvage.conf)\n"
	"  -C                         check the configuration and exit\n"
	"  -d                         log to stderr\n"
	"  -u USER                    user of the engine process (selvage)\n"
	"  -i FILE                    write the process id to FILE\n"
	"  -p PORT                    BGP port (179); 0: do not listen\n"
	"  -l ADDR                    listen on this address only\n"
	"  --rundir DIR               control sockets (/run/selvage)\n"
	"  --statedir DIR             what outlives a restart (/var/lib/selvage)\n"
	"  --bpf-dir DIR              pinned maps (/sys/fs/bpf/selvage)\n"
	"  --web.listen-address A:P   metrics\n"
	"  --web.config.file FILE     TLS and users of the metrics\n"
	"  --fib=record:FILE          no kernel: write intents as text to FILE\n"
	"  --fib-allow-vni A-B        never touch another VNI\n"
	"  --fib-allow-dev GLOB       never touch another device\n"
	"  --version\n";

static int complain(const char *what, const char *arg)
{
	fprintf(stderr, "selvaged: %s: %s\n", what, arg);
	return 2;
}

static int number(const char *s, char end, unsigned long max, unsigned long *out,
		  const char **rest)
{
	char *stop;

	if (*s < '0' || *s > '9')
		return -1;
	*out = strtoul(s, &stop, 10);
	if (*stop != end || *out > max)
		return -1;
	*rest = stop + 1;
	return 0;
}

static int parse_vnis(const char *s, struct fib_opts *f)
{
	const unsigned long max = (1 << 24) - 1;
	unsigned long a, b;
	const char *rest;

	if (number(s, '-', max, &a, &rest) || number(rest, '\0', max, &b, &rest) ||
	    !a || a > b)
		return complain("--fib-allow-vni wants A-B", s);
	f->vni_min = (uint32_t)a;
	f->vni_max = (uint32_t)b;
	return -1;
}

static int parse_fib(const char *s, struct options *o)
{
	static const char record[] = "record:";

	if (strncmp(s, record, sizeof(record) - 1) || !s[sizeof(record) - 1])
		return complain("--fib wants record:FILE", s);
	o->engine.record_file = s + sizeof(record) - 1;
	return -1;
}

static int parse_port(const char *s, struct options *o)
{
	unsigned long port;
	const char *rest;

	if (number(s, '\0', UINT16_MAX, &port, &rest))
		return complain("-p wants a port", s);
	o->engine.port = (uint16_t)port;
	return -1;
}

/* Return: as options_parse(). */
static int take(int c, const char *arg, struct options *o)
{
	switch (c) {
	case 'f':
		o->engine.config_file = arg;
		break;
	case 'C':
		o->check = true;
		break;
	case 'd':
		o->engine.debug = true;
		break;
	case 'u':
		o->user = arg;
		break;
	case 'i':
		o->pid_file = arg;
		break;
	case 'p':
		return parse_port(arg, o);
	case 'l':
		return ip_parse(arg, &o->engine.listen_addr)
			       ? complain("-l wants an address", arg)
			       : -1;
	case OPT_RUNDIR:
		o->engine.rundir = arg;
		break;
	case OPT_STATEDIR:
		o->engine.statedir = arg;
		break;
	case OPT_BPF_DIR:
		o->fib.bpf_dir = arg;
		break;
	case OPT_WEB_LISTEN:
		o->engine.web_listen = arg;
		break;
	case OPT_WEB_CONFIG:
		o->engine.web_config = arg;
		break;
	case OPT_FIB:
		return parse_fib(arg, o);
	case OPT_ALLOW_VNI:
		return parse_vnis(arg, &o->fib);
	case OPT_ALLOW_DEV:
		o->fib.allow_dev = arg;
		break;
	case OPT_VERSION:
		printf("selvaged %s\n", PACKAGE_VERSION);
		return 0;
	case OPT_HELP:
		fputs(usage, stdout);
		return 0;
	default: /* getopt has complained */
		fputs("Try selvaged --help\n", stderr);
		return 2;
	}
	return -1;
}

int options_parse(int argc, char **argv, struct options *o)
{
	int c, status;

	*o = (struct options){
		.user = "selvage",
		.engine = {
			.config_file = "/etc/selvage/selvage.conf",
			.rundir = "/run/selvage",
			.statedir = "/var/lib/selvage",
			.port = 179,
			.chan_fd = -1,
		},
		.fib.bpf_dir = "/sys/fs/bpf/selvage",
	};
	while ((c = getopt_long(argc, argv, "f:Cdu:i:p:l:", longs, NULL)) != -1) {
		status = take(c, optarg, o);
		if (status >= 0)
			return status;
	}
	return optind < argc ? complain("unexpected argument", argv[optind]) : -1;
}
