/*
 * The programs of bpf/net.bpf.c on real devices, without a daemon. Lines of standard
 * input, numbers in decimal, an absent address is "-":
 *   vtep ADDR PORT                        dom VNI VTEP UNDERLAY VXLAN-IF PORT MTU FLAGS
 *   ident VNI ADDR IDENTITY IF            fdb VNI MAC VTEP VNI IF FLAGS
 *   ep IF VNI IDENTITY POLICY SHAPES-IN SHAPES-OUT FLAGS GROUP MAC ADDR4 ADDR6
 *   attach PROGRAM IF in|out              detach PROGRAM IF
 *   reasons | counts                      answered by one line each: those not zero
 *   ready                                 answered by "ready"
 * Shapes are used for both, peer and any. It ends with its input, and the programs too.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/net.skel.h"
#include "bpf/netmaps.h"
#include "bpf/polmaps.h"
#include "lib/addr.h"
#include "lib/util.h"

enum { WORDS = 16, TCX_INGRESS = 46, TCX_EGRESS = 47, LINKS = 32 };

static struct net_bpf *prog;
static char *w[WORDS];
static struct {
	char name[64];
	int fd;
} links[LINKS];

static void die(const char *what)
{
	fprintf(stderr, "netfeed: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static uint32_t number(int i)
{
	if (!w[i])
		die("a number is missing");
	return (uint32_t)strtoul(w[i], NULL, 0);
}

static uint32_t device(int i)
{
	uint32_t n = w[i] ? if_nametoindex(w[i]) : 0;

	if (!n && (!w[i] || strcmp(w[i], "-")))
		die(w[i] ? w[i] : "a device is missing");
	return n;
}

/* Return: 4, 6; 0: absent. */
static int address(int i, __be32 out[4])
{
	struct ip ip;

	memset(out, 0, 16);
	if (w[i] && !strcmp(w[i], "-"))
		return 0;
	if (!w[i] || ip_parse(w[i], &ip))
		die("address");
	memcpy(out, ip.b, ip.len);
	return ip.len == 4 ? 4 : 6;
}

static void mac(int i, __u8 out[6])
{
	struct mac m;

	if (!w[i] || mac_parse(w[i], &m))
		die("mac");
	memcpy(out, &m, 6);
}

static struct bpf_pol_addr scoped(int vni, int i)
{
	struct bpf_pol_addr a;
	int family = address(i, a.ip);

	a.scope_family = (family == 4 ? BPF_POL_IP4 : BPF_POL_IP6) << 24 | number(vni);
	return a;
}

static void put(struct bpf_map *m, const void *key, const void *value)
{
	if (bpf_map_update_elem(bpf_map__fd(m), key, value, BPF_ANY))
		die(bpf_map__name(m));
}

/* ---- commands ------------------------------------------------------------- */

static void on_vtep(void)
{
	struct bpf_net_vtep k = { 0 };
	static struct bpf_net_ports ports;
	uint32_t take = BPF_NET_TAKE_VTEP, zero = 0;
	uint16_t port = (uint16_t)number(2);

	k.flags = address(1, k.vtep) == 6 ? BPF_NET_DOM_IP6 : 0;
	k.port = __builtin_bswap16(port);
	ports.bit[k.port / 64] |= 1ULL << k.port % 64;
	put(prog->maps.net_vtep_v1, &k, &take);
	put(prog->maps.net_port_v1, &zero, &ports);
}

static void on_dom(void)
{
	struct bpf_net_dom d = { .underlay = device(3),
				 .vxlan = device(4),
				 .port = __builtin_bswap16((uint16_t)number(5)),
				 .mtu = (uint16_t)number(6),
				 .flags = number(7) };
	uint32_t vni = number(1);

	if (address(2, d.vtep) == 6)
		d.flags |= BPF_NET_DOM_IP6;
	put(prog->maps.net_dom_v1, &vni, &d);
}

static void on_ident(void)
{
	struct bpf_pol_addr k = scoped(1, 2);
	struct bpf_pol_ident v = { number(3), device(4) };

	put(prog->maps.pol_ident_v1, &k, &v);
}

static void on_fdb(void)
{
	struct bpf_net_mac k = { .vni = number(1) };
	struct bpf_net_fdb v = { .vni = number(4),
				 .ifindex = device(5),
				 .flags = number(6) };

	mac(2, k.mac);
	if (address(3, v.vtep) == 6)
		v.flags |= BPF_NET_FDB_IP6;
	put(prog->maps.net_fdb_v2, &k, &v);
}

static void on_ep(void)
{
	uint32_t ifindex = device(1);
	struct bpf_pol_ep e = { .vni = number(2),
				.identity = number(3),
				.policy = number(4),
				.flags = (uint16_t)number(7),
				.group = (uint16_t)number(8) };
	__be32 ip4[4];

	e.shape_id[BPF_POL_IN] = e.shape_any[BPF_POL_IN] = number(5);
	e.shape_id[BPF_POL_OUT] = e.shape_any[BPF_POL_OUT] = number(6);
	mac(9, e.mac);
	address(10, ip4);
	e.ip4 = ip4[0];
	address(11, e.ip6);
	put(prog->maps.pol_ep_v1, &ifindex, &e);
}

static void on_attach(void)
{
	struct bpf_program *p = bpf_object__find_program_by_name(prog->obj, w[1]);
	int at = w[3] && !strcmp(w[3], "out") ? TCX_EGRESS : TCX_INGRESS;

	for (int i = 0; p && i < LINKS; i++) {
		if (links[i].name[0])
			continue;
		snprintf(links[i].name, sizeof(links[i].name), "%s %s", w[1], w[2]);
		links[i].fd = bpf_link_create(bpf_program__fd(p), (int)device(2),
					      (enum bpf_attach_type)at, NULL);
		if (links[i].fd < 0)
			die("attach");
		return;
	}
	die("attach");
}

static void on_detach(void)
{
	char name[64];

	snprintf(name, sizeof(name), "%s %s", w[1], w[2]);
	for (int i = 0; i < LINKS; i++) {
		if (strcmp(links[i].name, name))
			continue;
		close(links[i].fd);
		links[i].name[0] = '\0';
	}
}

static void numbers(struct bpf_map *m)
{
	uint64_t per_cpu[256];
	int cpus = libbpf_num_possible_cpus();

	for (uint32_t i = 0; i < bpf_map__max_entries(m); i++) {
		uint64_t sum = 0;

		if (bpf_map_lookup_elem(bpf_map__fd(m), &i, per_cpu))
			die("lookup");
		for (int c = 0; c < cpus; c++)
			sum += per_cpu[c];
		if (sum)
			printf("%u=%lu ", i, sum);
	}
	printf("\n");
}

static void on_reasons(void)
{
	numbers(prog->maps.pol_reason_v1);
}

static void on_counts(void)
{
	numbers(prog->maps.net_count_v1);
}

static void on_ready(void)
{
	printf("ready\n");
}

static const struct {
	const char *name;
	void (*run)(void);
} commands[] = {
	{ "vtep", on_vtep },     { "dom", on_dom },         { "ident", on_ident },
	{ "fdb", on_fdb },       { "ep", on_ep },           { "attach", on_attach },
	{ "detach", on_detach }, { "reasons", on_reasons }, { "counts", on_counts },
	{ "ready", on_ready },
};

static void run(char *line)
{
	char *rest = line;

	memset(w, 0, sizeof(w));
	for (int i = 0; i < WORDS && (w[i] = strtok_r(rest, " \t\n", &rest)); i++)
		;
	if (!w[0])
		return;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!strcmp(commands[i].name, w[0])) {
			commands[i].run();
			fflush(stdout);
			return;
		}
	}
	errno = EINVAL;
	die(w[0]);
}

int main(void)
{
	char line[256];

	prog = net_bpf__open();
	if (!prog)
		die("open");
	bpf_map__set_max_entries(prog->maps.pol_ep_v1, 64);
	if (net_bpf__load(prog))
		die("load");
	while (fgets(line, sizeof(line), stdin))
		run(line);
	return 0;
}
