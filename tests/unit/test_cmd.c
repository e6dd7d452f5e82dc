#include "tests/unit/unit.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/cmd.h"
#include "lib/out.h"

enum { M_CONFIG = 1, M_ROUTER, M_AF };

static const struct cmd_mode modes[] = {
	{ "exec", "", -1 },
	{ "config", "(config)", -1 },
	{ "router", "(config-router)", M_CONFIG },
	{ "af", "(config-router-af)", M_ROUTER },
};

/* Writes row and arguments: "vni=100 json=json". */
static int echo(void *ctx, const struct cmd_args *a, struct out *o)
{
	assert_string_equal(ctx, "ctx");
	out_line(o, "%s:", out_json(o) ? "json" : "text");
	for (unsigned i = 0; i < a->n; i++)
		out_line(o, " %s=%s", a->v[i].name, a->v[i].value);
	return CMD_OK;
}

static int refuse(void *ctx, const struct cmd_args *a, struct out *o)
{
	(void)ctx;
	assert_string_equal(a->session, "session");
	out_line(o, "%% no\n");
	return CMD_WARNING;
}

static const struct cmd_row rows[] = {
	{ CMD_EXEC, "show evpn mac vni (all|VNI) [mac MAC] [json]", "MACs", echo, 0 },
	{ CMD_EXEC, "show evpn vni [VNI] [json]", "VNIs", echo, 0 },
	{ CMD_EXEC, "show evpn", "EVPN", echo, 0 },
	{ CMD_EXEC, "show version", "Version", echo, 0 },
	{ CMD_EXEC, "show vrf WORD$name", "VRF", echo, 0 },
	{ CMD_EXEC, "shutdown", "Stop", refuse, 0 },
	{ CMD_EXEC, "clear bgp (*|IP)$peer [soft [(in|out)$dir]]", "Reset", echo, 0 },
	{ CMD_EXEC, "echo LINE", "Echo", echo, 0 },
	{ CMD_EXEC, "complete [LINE]", "x", echo, CMD_HIDDEN },
	{ CMD_EXEC, "route (rd RD|rt RT) (A.B.C.D|X:X::X:X) [PREFIX]", "r", echo, 0 },
	{ CMD_EXEC, "dev IFNAME (1-8)$n", "d", echo, 0 },
	{ M_CONFIG, "router bgp ASN", "r", echo, 0 },
	{ M_CONFIG, "hostname WORD", "h", echo, 0 },
	{ M_ROUTER, "neighbor (IP|WORD)$peer remote-as ASN", "n", echo, 0 },
	{ M_ROUTER, "neighbor (IP|WORD)$peer description LINE", "n", echo, 0 },
	{ M_AF, "[no] neighbor (IP|WORD)$peer activate", "n", echo, 0 },
	{ CMD_ANY, "exit", "Leave", echo, 0 },
};

static struct cmd_tree *tree_new(void)
{
	static const struct cmd_word words[] = { { "show", "Show something" },
						 { "evpn", "Ethernet VPN" } };
	struct cmd_tree *t = cmd_tree_new(modes, ARRAY_SIZE(modes));

	cmd_register(t, rows, ARRAY_SIZE(rows), "ctx");
	cmd_words(t, words, ARRAY_SIZE(words));
	return t;
}

static const struct {
	int mode;
	const char *line;
	int status;
	const char *want;
} runs[] = {
	{ 0, "", 0, "" },
	{ 0, "  \t", 0, "" },
	{ 0, "! show", 0, "" },
	{ 0, " # show", 0, "" },
	{ 0, "show evpn", 0, "text: show=show evpn=evpn" },
	{ 0, "sh evp vn", 0, "text: show=show evpn=evpn vni=vni" },
	{ 0, "sh evp vn 100 json", 0,
	  "json: show=show evpn=evpn vni=vni vni=100 json=json" },
	{ 0, "  show  evpn mac\tvni all ", 0,
	  "text: show=show evpn=evpn mac=mac vni=vni all=all" },
	{ 0, "show evpn mac vni 7 mac 02:00:00:00:00:01 json", 0,
	  "json: show=show evpn=evpn mac=mac vni=vni vni=7 mac=mac "
	  "mac=02:00:00:00:00:01 json=json" },
	{ 0, "show evpn vni 16777216", 2,
	  "% Unknown command: show evpn vni 16777216\n" },
	{ 0, "show evpn vni 0", 2, "% Unknown command: show evpn vni 0\n" },
	{ 0, " show foo\n", 2, "% Unknown command: show foo\n" },
	{ 0, "foo", 2, "% Unknown command: foo\n" },
	{ 0, "show", 4, "% Command incomplete: show\n" },
	{ 0, "show evpn mac", 4, "% Command incomplete: show evpn mac\n" },
	{ 0, "show v", 3, "% Ambiguous command: show v\n" },
	{ 0, "s", 3, "% Ambiguous command: s\n" },
	{ 0, "sh ver", 0, "text: show=show version=version" },
	{ 0, "sho vr x", 0, "text: show=show vrf=vrf name=x" },
	/* what follows decides between the abbreviations of show and shutdown */
	{ 0, "s ver", 0, "text: show=show version=version" },
	{ 0, "shutdown", 1, "% no\n" },
	{ 0, "clear bgp *", 0, "text: clear=clear bgp=bgp peer=*" },
	{ 0, "cl b 2001:db8::1 so o", 0,
	  "text: clear=clear bgp=bgp peer=2001:db8::1 soft=soft dir=out" },
	{ 0, "clear bgp x", 2, "% Unknown command: clear bgp x\n" },
	{ 0, "echo  a  b ", 0, "text: echo=echo line=a  b" },
	{ 0, "echo json", 0, "text: echo=echo line=json" },
	{ 0, "comp x", 2, "% Unknown command: comp x\n" },
	{ 0, "complete", 0, "text: complete=complete" },
	{ 0, "route rd 10.0.0.1:5 10.0.0.1 10.0.0.0/8", 0,
	  "text: route=route rd=rd rd=10.0.0.1:5 ip=10.0.0.1 prefix=10.0.0.0/8" },
	{ 0, "route rt 65000:5 ::1", 0, "text: route=route rt=rt rt=65000:5 ip=::1" },
	{ 0, "route rt 65000:5 ::1 ::1", 2,
	  "% Unknown command: route rt 65000:5 ::1 ::1\n" },
	{ 0, "dev eth0 8", 0, "text: dev=dev ifname=eth0 n=8" },
	{ 0, "dev eth0 9", 2, "% Unknown command: dev eth0 9\n" },
	{ 0, "dev abcdefghijklmnop 1", 2,
	  "% Unknown command: dev abcdefghijklmnop 1\n" },
	{ 0, "dev a/b 1", 2, "% Unknown command: dev a/b 1\n" },
	{ 0, "exit", 0, "text: exit=exit" },
	{ 0, "hostname x", 2, "% Unknown command: hostname x\n" },
	{ M_AF, "hostname x", 0, "text: hostname=hostname word=x" },
	{ M_AF, "neighbor 10.0.0.1 activate", 0,
	  "text: neighbor=neighbor peer=10.0.0.1 activate=activate" },
	{ M_AF, "no neighbor hosts act", 0,
	  "text: no=no neighbor=neighbor peer=hosts activate=activate" },
	{ M_AF, "neighbor hosts remote-as 4294967295", 0,
	  "text: neighbor=neighbor peer=hosts remote-as=remote-as asn=4294967295" },
	{ M_AF, "neighbor hosts remote-as 4294967296", 2,
	  "% Unknown command: neighbor hosts remote-as 4294967296\n" },
	{ M_AF, "show version", 2, "% Unknown command: show version\n" },
};

static void runs_lines(void **state)
{
	struct cmd_tree *t = tree_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(runs); i++) {
		struct out o;
		char *s;

		print_message("# %s\n", runs[i].line);
		out_init(&o, false);
		assert_int_equal(cmd_run(t, runs[i].mode, runs[i].line, "session", &o),
				 runs[i].status);
		s = out_take(&o, NULL);
		assert_string_equal(s, runs[i].want);
		free(s);
	}
	cmd_tree_free(t);
}

static const struct {
	int mode;
	const char *line;
	unsigned column;
	const char *word, *expected;
} errors[] = {
	{ 0, "foo", 1, "foo", "show, shutdown, clear, echo, route, dev or exit" },
	{ 0, "show evpn foo", 11, "foo", "mac, vni or end of line" },
	{ 0, "show  evpn vni 0", 16, "0", "VNI, json or end of line" },
	{ 0, "dev eth0 9", 10, "9", "(1-8)" },
	{ 0, "dev eth0", 9, "", "(1-8)" },
	{ 0, "show version x", 14, "x", "end of line" },
	{ M_AF, "neighbor 10.0.0.1 remote-as x", 29, "x", "ASN" },
	{ M_AF, " neighbor 10.0.0.1 foo", 20, "foo", "activate" },
};

static void explains_errors(void **state)
{
	struct cmd_tree *t = tree_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		struct cmd_args a;
		struct cmd_error e;

		print_message("# %s\n", errors[i].line);
		assert_int_not_equal(
			cmd_match(t, errors[i].mode, errors[i].line, &a, &e), CMD_OK);
		assert_int_equal(e.column, errors[i].column);
		assert_string_equal(e.word, errors[i].word);
		assert_string_equal(e.expected, errors[i].expected);
	}
	cmd_tree_free(t);
}

static void typed_arguments(void **state)
{
	struct cmd_tree *t = tree_new();
	struct cmd_args a;
	struct mac mac;
	struct rd rd;
	struct ip ip;

	(void)state;
	assert_int_equal(cmd_match(t, 0, "show evpn mac vni all mac 02:00:00:00:00:01",
				   &a, NULL),
			 0);
	assert_int_equal(a.mode, CMD_EXEC);
	assert_true(cmd_has(&a, "all"));
	assert_false(cmd_has(&a, "json"));
	assert_int_equal(cmd_arg_uint(&a, "number", 77), 77);
	assert_int_equal(cmd_arg_column(&a, "all"), 19);
	assert_int_equal(cmd_arg_column(&a, "json"), 0);
	cmd_args_fini(&a);
	assert_int_equal(cmd_match(t, 0, "route rd 1:2 10.0.0.9", &a, NULL), 0);
	assert_true(cmd_arg_ip(&a, "ip", &ip));
	assert_int_equal(ip4_host(&ip), 0x0a000009);
	assert_false(cmd_arg_mac(&a, "mac", &mac));
	/* the value, not the keyword of this name */
	assert_true(cmd_arg_rd(&a, "rd", &rd));
	assert_int_equal(cmd_arg_column(&a, "rd"), 10);
	cmd_args_fini(&a);
	cmd_tree_free(t);
}

static void very_long_lines(void **state)
{
	struct cmd_tree *t = tree_new();
	char line[2000] = "echo";
	struct cmd_args a;
	struct out o;

	(void)state;
	for (int i = 0; i < 500; i++)
		strcat(line, " x");
	assert_int_equal(cmd_match(t, 0, line, &a, NULL), 0);
	assert_int_equal(strlen(cmd_arg(&a, "line")), 999);
	cmd_args_fini(&a);
	memcpy(line, "exit", 4);
	assert_int_equal(cmd_match(t, 0, line, &a, NULL), CMD_UNKNOWN);
	out_init(&o, false);
	assert_int_equal(cmd_help(t, 0, line, &o), CMD_UNKNOWN);
	out_fini(&o);
	cmd_tree_free(t);
}

static const struct {
	int mode;
	const char *line, *help, *complete;
} helps[] = {
	{ 0, "show ", "  evpn     Ethernet VPN\n  version  Version\n  vrf      VRF\n",
	  "evpn\nversion\nvrf\n" },
	{ 0, "show v", "  version  Version\n  vrf      VRF\n", "version\nvrf\n" },
	{ 0, "show evpn", "  evpn  Ethernet VPN\n", "evpn\n" },
	{ 0, "show evpn ", "  mac   MACs\n  vni   VNIs\n  <cr>\n", "mac\nvni\n" },
	{ 0, "show evpn vni ", "  VNI   A number\n  json  VNIs\n  <cr>\n", "json\n" },
	{ 0, "show version ", "  <cr>\n", "" },
	{ 0, "show zzz ", "% There is no matched command.\n", "" },
	{ 0, "comp", "% There is no matched command.\n", "" },
	{ 0, "s", "  show      Show something\n  shutdown  Stop\n",
	  "show\nshutdown\n" },
	{ M_AF, "no ", "  neighbor  n\n", "neighbor\n" },
	{ M_AF, "host", "  hostname  h\n", "hostname\n" },
};

static void helps_and_completes(void **state)
{
	struct cmd_tree *t = tree_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(helps); i++) {
		struct out o;
		char *s;

		print_message("# %s?\n", helps[i].line);
		out_init(&o, false);
		cmd_help(t, helps[i].mode, helps[i].line, &o);
		s = out_take(&o, NULL);
		assert_string_equal(s, helps[i].help);
		free(s);
		cmd_complete(t, helps[i].mode, helps[i].line, &o);
		s = out_take(&o, NULL);
		assert_string_equal(s, helps[i].complete);
		free(s);
	}
	cmd_tree_free(t);
}

static void lists(void **state)
{
	struct cmd_tree *t = tree_new();
	struct out o;
	char *s;

	(void)state;
	out_init(&o, false);
	cmd_list(t, M_AF, &o);
	s = out_take(&o, NULL);
	assert_string_equal(s, "  [no] neighbor (IP|WORD) activate\n"
			       "  neighbor (IP|WORD) remote-as ASN\n"
			       "  neighbor (IP|WORD) description LINE\n"
			       "  router bgp ASN\n  hostname WORD\n  exit\n");
	free(s);
	assert_int_equal(cmd_find(t, "^router|act", &o), 0);
	s = out_take(&o, NULL);
	assert_string_equal(s, "  (config)  router bgp ASN\n"
			       "  (af)  [no] neighbor (IP|WORD) activate\n");
	free(s);
	assert_int_equal(cmd_find(t, "(", &o), -EINVAL);
	cmd_doc(t, &o);
	s = out_take(&o, NULL);
	assert_non_null(strstr(s, "## exec\n\n- `show evpn mac vni (all|VNI) [mac MAC] "
				  "[json]`: MACs\n"));
	assert_null(strstr(s, "complete"));
	free(s);
	cmd_tree_free(t);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(runs_lines),
		cmocka_unit_test(explains_errors),
		cmocka_unit_test(typed_arguments),
		cmocka_unit_test(very_long_lines),
		cmocka_unit_test(helps_and_completes),
		cmocka_unit_test(lists),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
