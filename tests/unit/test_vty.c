#include "tests/unit/unit.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

#include "bgpd/config.h"
#include "bgpd/vty.h"
#include "lib/cmd.h"
#include "lib/log.h"
#include "lib/out.h"

enum { BIG = 5 << 20, PARTS = 24 };

/* A daemon without peers: configuration, shell server, three commands. */
static struct {
	struct event_base *base;
	char dir[64], file[80];
	struct config *cfg;
	struct vty_config vc;
	struct cmd_tree *tree;
	struct vty_server *s;
	unsigned applied, bigs, gone;
	unsigned parts, walks_done;   /* of the walk under way; that have ended */
	unsigned idle;                /* parts that write nothing, first */
	unsigned things, things_then; /* shown; when the last idle part was asked for */
	bool refuse;
	struct vty_job *job;
	struct out *job_out;
} d;

static int apply(void *ctx, struct config *next, char *err, size_t errlen)
{
	assert_ptr_equal(ctx, &d);
	if (d.refuse) {
		snprintf(err, errlen, "no room");
		return -ENOMEM;
	}
	config_free(d.cfg);
	d.cfg = next;
	d.applied++;
	return 0;
}

static int big(void *ctx, const struct cmd_args *a, struct out *o)
{
	char line[1025];

	(void)ctx;
	(void)a;
	d.bigs++;
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	for (int i = 0; i < BIG / 1024; i++)
		out_puts(o, line);
	return CMD_OK;
}

static void gone(void *arg)
{
	assert_ptr_equal(arg, &d);
	d.gone++;
	d.job = NULL;
}

static int slow(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	out_line(o, "begin ");
	d.job = vty_defer(a, gone, &d);
	d.job_out = o;
	return d.job ? CMD_DEFERRED : CMD_WARNING;
}

static int at_once(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	out_line(o, "at once");
	vty_resume(vty_defer(a, gone, &d), CMD_OK);
	return CMD_DEFERRED;
}

static int show_thing(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	(void)a;
	out_obj(o, NULL);
	out_end(o);
	out_text(o, "thing\n");
	d.things++;
	return CMD_OK;
}

/* PARTS numbers in an array, one in each part with much beside it. */
static bool walk_more(void *arg, struct out *o)
{
	char pad[VTY_PART - 100];

	assert_ptr_equal(arg, &d);
	if (!o->depth)
		out_arr(o, NULL);
	else
		assert_int_equal(o->len, 0); /* what was written has gone */
	if (d.idle) {
		d.things_then = d.things;
		d.idle--;
		return true;
	}
	memset(pad, 'x', sizeof(pad));
	out_uint(o, NULL, d.parts);
	out_strn(o, NULL, pad, sizeof(pad));
	if (++d.parts < PARTS)
		return true;
	out_end(o);
	return false;
}

static void walk_over(void *arg)
{
	assert_ptr_equal(arg, &d);
	d.walks_done++;
}

static int walk(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	d.parts = cmd_has(a, "alone") ? PARTS - 1 : 0;
	if (!cmd_has(a, "json")) {
		out_line(o, "%% not so\n");
		return CMD_WARNING;
	}
	return vty_walk(a, o, walk_more, walk_over, &d);
}

static const struct cmd_row rows[] = {
	{ CMD_EXEC, "big", "", big, 0 },
	{ CMD_EXEC, "slow", "", slow, 0 },
	{ CMD_EXEC, "at-once", "", at_once, 0 },
	{ CMD_EXEC, "show thing [json]", "A thing", show_thing, 0 },
	{ CMD_EXEC, "walk [alone] [json]", "", walk, 0 },
};

static int setup(void **state)
{
	(void)state;
	memset(&d, 0, sizeof(d));
	signal(SIGPIPE, SIG_IGN);
	strcpy(d.dir, "/tmp/selvage-vty-XXXXXX");
	assert_non_null(mkdtemp(d.dir));
	snprintf(d.file, sizeof(d.file), "%s/selvage.conf", d.dir);
	d.base = event_base_new();
	d.cfg = config_new();
	d.vc = (struct vty_config) { &d.cfg, d.file, apply, &d };
	d.tree = vty_tree_new();
	cmd_register(d.tree, rows, ARRAY_SIZE(rows), &d);
	assert_int_equal(vty_start(d.base, d.dir, d.tree, &d.vc, &d.s), 0);
	return 0;
}

static int teardown(void **state)
{
	static const char *const names[] = { "selvage.conf", "selvage.conf.sav",
					     "other.conf", "bgpd.vty" };
	char path[128];

	(void)state;
	vty_stop(d.s);
	cmd_tree_free(d.tree);
	config_free(d.cfg);
	event_base_free(d.base);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", d.dir, names[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(d.dir), 0); /* both sockets are gone, too */
	return 0;
}

static int dial(const char *name)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/%s", d.dir, name);
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	return fd;
}

static void turn(int times)
{
	while (times-- > 0)
		event_base_loop(d.base, EVLOOP_NONBLOCK);
}

static void put(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = send(fd, bytes, len, MSG_DONTWAIT);

		assert_true(n > 0 || errno == EAGAIN);
		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		}
		turn(1);
	}
}

/* One answer: its text in buf[size] (cut), Return: status; -1: connection closed. */
static int answer(int fd, char *buf, size_t size, size_t *total)
{
	unsigned zeros = 0;
	size_t n = 0;

	for (int tries = 0; tries < 200000; tries++) {
		struct pollfd p = { fd, POLLIN, 0 };
		uint8_t c, some[65536];
		ssize_t got, i = 0;

		turn(1);
		got = recv(fd, some, sizeof(some), MSG_DONTWAIT | MSG_PEEK);
		while (i < got && zeros < 4) {
			c = some[i++];
			if (zeros == 3 || !c)
				zeros++;
			else if (n++ < size - 1)
				buf[n - 1] = (char)c;
		}
		if (i) /* what comes behind is the next answer's */
			assert_int_equal(recv(fd, some, (size_t)i, 0), i);
		if (zeros == 4) {
			buf[MIN_OF(n, size - 1)] = '\0';
			if (total)
				*total = n;
			return c;
		}
		if (poll(&p, 1, 0) == 1 &&
		    recv(fd, &c, 1, MSG_DONTWAIT | MSG_PEEK) == 0)
			return -1;
	}
	return -2;
}

static void expect(int fd, const char *line, int status, const char *text)
{
	char buf[8192];

	print_message("# %s\n", line);
	put(fd, line, strlen(line) + 1);
	assert_int_equal(answer(fd, buf, sizeof(buf), NULL), status);
	if (text)
		assert_string_equal(buf, text);
}

static void answers(void **state)
{
	int fd = dial("bgpd.vty");
	char buf[64];

	(void)state;
	expect(fd, "enable", 0, "");
	expect(fd, "terminal length 0\n", 0, "");
	expect(fd, "foo bar", 2, "% Unknown command: foo bar\n");
	expect(fd, "show", 4, "% Command incomplete: show\n");
	expect(fd, "show thing json", 0, "{\n}\n");
	expect(fd, "show thing", 0, "thing\n");
	expect(fd, "", 0, "");
	expect(fd, "do show thing", 0, "thing\n"); /* vtysh asks so in any mode */
	expect(fd, "do write terminal", 0, "!\n");
	/* two at once, then one in pieces */
	put(fd, "show thing\0foo", 15);
	assert_int_equal(answer(fd, buf, sizeof(buf), NULL), 0);
	assert_int_equal(answer(fd, buf, sizeof(buf), NULL), 2);
	put(fd, "show th", 7);
	turn(5);
	put(fd, "ing", 4);
	assert_int_equal(answer(fd, buf, sizeof(buf), NULL), 0);
	assert_string_equal(buf, "thing\n");
	close(fd);
	turn(5);
}

static void configures(void **state)
{
	int fd = dial("bgpd.vty"), other = dial("bgpd.vty");

	(void)state;
	expect(fd, "prompt", 0, NULL);
	expect(fd, "router bgp 65000", 2, "% Unknown command: router bgp 65000\n");
	expect(fd, "configure terminal", 0, "");
	expect(fd, "hostname h1", 0, "");
	expect(fd, "prompt", 0, "h1(config)#\n");
	expect(fd, "router bgp 65000", 0, "");
	expect(fd, "prompt", 0, "h1(config-router)#\n");
	assert_int_equal(d.applied, 2);
	expect(fd, "neighbor 10.0.0.1 passive", 13,
	       "% there is no neighbor 10.0.0.1, expected `neighbor 10.0.0.1 "
	       "remote-as` "
	       "or `peer-group` first\n");
	expect(fd, "neighbor 10.0.0.1 remote-as x", 2,
	       "% Unknown command: neighbor 10.0.0.1 remote-as x\n");
	expect(fd, "neighbor 10.0.0.1 remote-as internal", 0, "");
	assert_int_equal(d.applied, 3);
	expect(fd, "neighbor 10.0.0.1 remote-as internal", 0, "");
	assert_int_equal(d.applied, 3); /* nothing changed: nothing to apply */
	d.refuse = true;
	expect(fd, "address-family l2vpn evpn", 0, "");
	expect(fd, "advertise-all-vni", 13, "% no room\n");
	assert_false(d.cfg->advertise_all_vni);
	d.refuse = false;
	expect(fd, "neighbor 10.0.0.1 activate", 0, "");
	expect(fd, "do show thing", 0, "thing\n");
	expect(fd, "do foo", 2, "% Unknown command: foo\n");
	expect(fd, "exit-address-family", 0, "");
	expect(fd, "prompt", 0, "h1(config-router)#\n");
	/* the other connection has modes of its own */
	expect(other, "neighbor 10.0.0.1 passive", 2,
	       "% Unknown command: neighbor 10.0.0.1 passive\n");
	expect(fd, "exit", 0, "");
	expect(fd, "exit", 0, "");
	expect(fd, "prompt", 0, "h1#\n");
	expect(other, "sh run", 0,
	       "Building configuration...\n\nCurrent configuration:\n!\nhostname "
	       "h1\n!\n"
	       "router bgp 65000\n neighbor 10.0.0.1 remote-as internal\n !\n"
	       " address-family l2vpn evpn\n  neighbor 10.0.0.1 activate\n"
	       " exit-address-family\nexit\n!\nend\n");
	close(fd);
	close(other);
	turn(5);
}

static void loses_its_stanza(void **state)
{
	int a = dial("bgpd.vty"), b = dial("bgpd.vty");

	(void)state;
	expect(a, "configure terminal", 0, "");
	expect(a, "tenant red", 0, "");
	expect(b, "conf t", 0, "");
	expect(b, "no tenant red", 0, "");
	expect(a, "vni 5", 13, "% tenant red was removed\n");
	close(a);
	close(b);
	turn(5);
}

static void zebra_swallows(void **state)
{
	int fd = dial("zebra.vty");

	(void)state;
	expect(fd, "enable", 0, "");
	expect(fd, "show thing", 0, "thing\n");
	expect(fd, "show nothing", 2, "% Unknown command: show nothing\n");
	expect(fd, "show running-config", 0,
	       "Building configuration...\n\nCurrent configuration:\n!\nend\n");
	expect(fd, "configure terminal", 0, "");
	expect(fd, "do write terminal", 0, "");
	expect(fd, "interface eth0", 0, "");
	expect(fd, " ip address 10.0.0.1/24", 0, "");
	expect(fd, "exit", 0, "");
	expect(fd, "exit", 0, ""); /* from a stanza that only bgpd.vty has seen */
	expect(fd, "hostname zebra", 0, "");
	expect(fd, "show thing", 0, "thing\n");
	expect(fd, "end", 0, "");
	expect(fd, "interface eth0", 2, "% Unknown command: interface eth0\n");
	assert_int_equal(d.applied, 0);
	close(fd);
	turn(5);
}

static void helps(void **state)
{
	int fd = dial("bgpd.vty");

	(void)state;
	expect(fd, "complete show th", 0, "thing\n");
	expect(fd, "complete show thing ", 0, "json\n");
	expect(fd, "help-line show thing ", 0, "  json  As JSON\n  <cr>\n");
	expect(fd, "find show thing", 0, "  (exec)  show thing [json]\n");
	expect(fd, "find (", 1, "% Not a regular expression: (\n");
	expect(fd, "configure terminal", 0, "");
	expect(fd, "complete router ", 0, "bgp\n");
	expect(fd, "complete do show th", 0, "thing\n");
	expect(fd, "list", 0, NULL);
	expect(fd, "do debug session", 0, "");
	assert_true(log_enabled(LOG_LVL_DEBUG, LOG_SESSION));
	expect(fd, "do no debug session", 0, "");
	assert_false(log_enabled(LOG_LVL_DEBUG, LOG_SESSION));
	expect(fd, "doc", 0, NULL);
	close(fd);
	turn(5);
}

static void read_file(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	buf[fread(buf, 1, size - 1, f)] = '\0';
	fclose(f);
}

static void writes_the_file(void **state)
{
	int fd = dial("bgpd.vty");
	char path[128], buf[256], want[160];
	struct stat st;
	FILE *f;

	(void)state;
	snprintf(want, sizeof(want), "Configuration saved to %s\n[OK]\n", d.file);
	snprintf(path, sizeof(path), "%s.sav", d.file);
	expect(fd, "write memory", 0, want);
	assert_int_not_equal(access(path, F_OK), 0); /* there was no old one */
	assert_int_equal(stat(d.file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	chmod(d.file, 0600);
	expect(fd, "configure terminal", 0, "");
	expect(fd, "hostname new", 0, "");
	expect(fd, "write file", 0, want);
	read_file(d.file, buf, sizeof(buf));
	assert_string_equal(buf, "hostname new\n!\n");
	read_file(path, buf, sizeof(buf));
	assert_string_equal(buf, "!\n");
	assert_int_equal(stat(d.file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	expect(fd, "copy running-config startup-config", 2, NULL);
	expect(fd, "end", 0, "");
	expect(fd, "copy running-config startup-config", 0, want);

	snprintf(path, sizeof(path), "%s/other.conf", d.dir);
	f = fopen(path, "w");
	fputs("hostname other\n foo\n", f);
	fclose(f);
	snprintf(buf, sizeof(buf), "configure replace %s", path);
	snprintf(want, sizeof(want), "%% %s:2:2: `foo` is unknown here\n", path);
	expect(fd, buf, 13, want);
	assert_string_equal(d.cfg->hostname, "new");
	f = fopen(path, "w");
	fputs("hostname other\n", f);
	fclose(f);
	expect(fd, buf, 0, "");
	assert_string_equal(d.cfg->hostname, "other");
	/* into a folder that is not there */
	snprintf(path, sizeof(path), "%s", d.file);
	snprintf(d.file, sizeof(d.file), "%s/none/x", d.dir);
	expect(fd, "write", 1, NULL);
	memcpy(d.file, path, sizeof(d.file));
	close(fd);
	turn(5);
}

static void has_no_file(void **state)
{
	struct cmd_tree *t = vty_tree_new();
	struct vty_server *s;
	int fd;

	(void)state;
	vty_stop(d.s);
	d.s = NULL;
	d.vc.path = NULL;
	assert_int_equal(vty_start(d.base, d.dir, t, &d.vc, &s), 0);
	fd = dial("bgpd.vty");
	expect(fd, "write", 1, "% There is no configuration file (option -f)\n");
	close(fd);
	vty_stop(s);
	cmd_tree_free(t);
}

static void limits_clients(void **state)
{
	int fd[VTY_CLIENTS], more;
	char buf[64];

	(void)state;
	for (int i = 0; i < VTY_CLIENTS; i++) {
		fd[i] = dial(i % 2 ? "bgpd.vty" : "zebra.vty");
		turn(2);
	}
	more = dial("bgpd.vty");
	assert_int_equal(answer(more, buf, sizeof(buf), NULL), 1);
	assert_string_equal(buf, "% Too many clients\n");
	assert_int_equal(answer(more, buf, sizeof(buf), NULL), -1);
	close(more);
	close(fd[3]);
	turn(5);
	more = dial("bgpd.vty");
	expect(more, "show thing", 0, "thing\n");
	close(more);
	for (int i = 0; i < VTY_CLIENTS; i++)
		if (i != 3)
			close(fd[i]);
	turn(20);
}

static void limits_commands(void **state)
{
	int fd = dial("bgpd.vty");
	size_t len = CMD_LINE_MAX + 100;
	char *line = xcalloc(1, len), buf[64];

	(void)state;
	memset(line, 'x', CMD_LINE_MAX);
	memcpy(line, "find ", 5);
	put(fd, line, CMD_LINE_MAX); /* just fits */
	put(fd, "", 1);
	assert_int_equal(answer(fd, buf, sizeof(buf), NULL), 0);
	memset(line, 'x', len);
	put(fd, line, len);
	assert_int_equal(answer(fd, buf, sizeof(buf), NULL), 1);
	assert_string_equal(buf, "% The command is too long\n");
	assert_int_equal(answer(fd, buf, sizeof(buf), NULL), -1);
	close(fd);
	free(line);
}

static void waits_for_slow_readers(void **state)
{
	int fd = dial("bgpd.vty");
	char buf[64];
	size_t n;

	(void)state;
	put(fd, "big\0big\0big\0big", 16);
	turn(50);
	assert_int_equal(d.bigs, 1); /* 5 MiB are unsent: the rest waits */
	for (int i = 0; i < 4; i++) {
		assert_int_equal(answer(fd, buf, sizeof(buf), &n), 0);
		assert_int_equal(n, BIG);
	}
	assert_int_equal(d.bigs, 4);
	close(fd);
	turn(5);
}

static void defers(void **state)
{
	int fd = dial("bgpd.vty");
	char buf[64];

	(void)state;
	put(fd, "slow\0show thing", 16);
	turn(10);
	assert_non_null(d.job);
	assert_int_equal(recv(fd, buf, 1, MSG_DONTWAIT), -1); /* both wait */
	out_line(d.job_out, "end\n");
	vty_resume(d.job, CMD_OK);
	assert_int_equal(answer(fd, buf, sizeof(buf), NULL), 0);
	assert_string_equal(buf, "begin end\n");
	assert_int_equal(answer(fd, buf, sizeof(buf), NULL), 0);
	assert_string_equal(buf, "thing\n");
	expect(fd, "at-once", 0, "at once");
	assert_int_equal(d.gone, 0);
	/* the client leaves first: a half-closed one still gets its answer */
	put(fd, "slow", 5);
	turn(5);
	shutdown(fd, SHUT_WR);
	turn(5);
	assert_int_equal(d.gone, 0);
	vty_resume(d.job, CMD_WARNING);
	assert_int_equal(answer(fd, buf, sizeof(buf), NULL), 1);
	assert_int_equal(answer(fd, buf, sizeof(buf), NULL), -1);
	close(fd);
	/* the server stops first */
	fd = dial("bgpd.vty");
	put(fd, "slow", 5);
	turn(5);
	vty_stop(d.s);
	d.s = NULL;
	assert_int_equal(d.gone, 1);
	close(fd);
}

/* An answer in parts: whole, in order, and others are served between two parts. */
static void walks(void **state)
{
	static const char ask[] = "walk json\0show thing";
	int fd = dial("bgpd.vty"), other = dial("bgpd.vty");
	char *buf = xcalloc(1, 2 * PARTS * VTY_PART), want[32], *at;

	(void)state;
	expect(fd, "show thing", 0, "thing\n"); /* both are accepted */
	expect(other, "show thing", 0, "thing\n");
	d.idle = 50;
	assert_int_equal(send(fd, ask, sizeof(ask), 0), sizeof(ask));
	assert_int_equal(send(other, ask + 10, 11, 0), 11);
	turn(1);
	assert_int_equal(d.idle, 0);
	assert_int_equal(d.things_then, 3);
	turn(20);
	assert_in_range(d.parts, 4, PARTS / 2); /* nobody reads: it is not written */
	assert_int_equal(d.walks_done, 0);
	assert_int_equal(answer(other, buf, 64, NULL), 0);
	assert_int_equal(answer(fd, buf, 2 * PARTS * VTY_PART, NULL), 0);
	assert_int_equal(d.walks_done, 1);
	assert_int_equal(buf[0], '[');
	at = buf;
	for (unsigned i = 0; i < PARTS; i++) {
		snprintf(want, sizeof(want), "\n  %u,\n  \"xxx", i);
		at = strstr(at, want);
		assert_non_null(at);
	}
	assert_string_equal(buf + strlen(buf) - 6, "xx\"\n]\n");
	assert_int_equal(answer(fd, buf, 64, NULL), 0); /* the next command's */
	assert_string_equal(buf, "thing\n");
	expect(fd, "walk", 1, "% not so\n");
	close(fd);
	close(other);
	free(buf);
}

/* The client leaves, or the server stops, while a walk is under way. */
static void walks_are_given_up(void **state)
{
	int fd = dial("bgpd.vty");
	char buf[64];
	size_t n;

	(void)state;
	put(fd, "walk json", 10); /* half-closed: wants its answer */
	shutdown(fd, SHUT_WR);
	turn(5);
	assert_int_equal(d.walks_done, 0);
	assert_int_equal(answer(fd, buf, sizeof(buf), &n), 0);
	assert_true(n > (size_t)PARTS * (VTY_PART - 200));
	assert_int_equal(answer(fd, buf, sizeof(buf), NULL), -1);
	assert_int_equal(d.walks_done, 1);
	close(fd);
	fd = dial("bgpd.vty");
	put(fd, "walk json", 10);
	turn(5);
	close(fd);
	turn(20);
	assert_int_equal(d.walks_done, 2);
	fd = dial("bgpd.vty");
	put(fd, "walk json", 10);
	turn(5);
	vty_stop(d.s);
	d.s = NULL;
	assert_int_equal(d.walks_done, 3);
	close(fd);
}

/* Without a client all of it is written at once. */
static void walks_alone(void **state)
{
	struct out o;

	(void)state;
	out_init(&o, false);
	assert_int_equal(cmd_run(d.tree, CMD_EXEC, "walk alone json", NULL, &o),
			 CMD_OK);
	assert_int_equal(d.walks_done, 1);
	assert_memory_equal(o.buf, "[\n  23,", 7);
	out_fini(&o);
}

static void owns_its_sockets(void **state)
{
	struct cmd_tree *t = vty_tree_new();
	struct vty_server *s;
	char path[128], deep[200];
	struct stat st;

	(void)state;
	snprintf(path, sizeof(path), "%s/bgpd.vty", d.dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0770);
	assert_int_equal(vty_start(d.base, d.dir, t, &d.vc, &s), -EADDRINUSE);
	assert_int_equal(access(path, F_OK), 0);
	memset(deep, 'x', sizeof(deep));
	deep[sizeof(deep) - 1] = '\0';
	assert_int_equal(vty_start(d.base, deep, t, &d.vc, &s), -ENAMETOOLONG);
	cmd_tree_free(t);
}

static void replaces_stale_sockets(void **state)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct cmd_tree *t = vty_tree_new();
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct vty_server *s;

	(void)state;
	vty_stop(d.s);
	d.s = NULL;
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/bgpd.vty", d.dir);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	close(fd); /* crashed: nobody listens, the file stays */
	assert_int_equal(vty_start(d.base, d.dir, t, &d.vc, &s), 0);
	vty_stop(s);
	cmd_tree_free(t);
}

#define VTY_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest t[] = {
		VTY_TEST(answers),
		VTY_TEST(configures),
		VTY_TEST(loses_its_stanza),
		VTY_TEST(zebra_swallows),
		VTY_TEST(helps),
		VTY_TEST(writes_the_file),
		VTY_TEST(has_no_file),
		VTY_TEST(limits_clients),
		VTY_TEST(limits_commands),
		VTY_TEST(defers),
		VTY_TEST(waits_for_slow_readers),
		VTY_TEST(walks),
		VTY_TEST(walks_are_given_up),
		VTY_TEST(walks_alone),
		VTY_TEST(owns_its_sockets),
		VTY_TEST(replaces_stale_sockets),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
