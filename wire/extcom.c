/*
 * Extended communities: the questions that route selection and tenants ask, and
 * FRR's words for them. RFC 4360, 5668 (route targets), 9012 section 4
 * (encapsulation, color), 7432 section 7 and 9135 section 8.1 (EVPN), 8584 (DF
 * election), 9047 (ARP/ND). Not for: what follows from an answer.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/rbuf.h"
#include "lib/util.h"
#include "wire/attrs.h"
#include "wire/group.h"
#include "wire/ila_com.h"
#include "wire/macmob.h"

enum { EXTCOM_LEN = 8 };

/* type << 8 | subtype */
enum extcom_kind {
	EC_RT_AS2 = 0x0002,
	EC_SOO_AS2 = 0x0003,
	EC_COLOR = 0x030b,
	EC_ENCAP = 0x030c,
	EC_DEFAULT_GW = 0x030d,
	EC_GROUP = 0x0317,
	EC_MACMOB = 0x0600,
	EC_ESI_LABEL = 0x0601,
	EC_ES_IMPORT = 0x0602,
	EC_ROUTER_MAC = 0x0603,
	EC_DF_ELECTION = 0x0606,
	EC_ARP_ND = 0x0608,
	EC_BANDWIDTH = 0x4004,
	EC_ILA_MARKER = 0x831a,
	EC_WIDE_IDENTITY = 0x831d,
};

static unsigned kind_of(const uint8_t *c)
{
	return (unsigned)c[0] << 8 | c[1];
}

/* The first community of a kind, NULL without. */
static const uint8_t *find(const struct attrs *a, enum extcom_kind kind)
{
	struct rbuf r = rbuf_of(a->ext_communities.p, a->ext_communities.len);

	while (rbuf_left(&r) >= EXTCOM_LEN) {
		const uint8_t *c = rbuf_take(&r, EXTCOM_LEN);

		if (kind_of(c) == kind)
			return c;
	}
	return NULL;
}

bool attrs_has_extcom(const struct attrs *a, const struct extcom *c)
{
	struct rbuf r = rbuf_of(a->ext_communities.p, a->ext_communities.len);

	while (rbuf_left(&r) >= EXTCOM_LEN)
		if (!memcmp(rbuf_take(&r, EXTCOM_LEN), c->b, EXTCOM_LEN))
			return true;
	return false;
}

int attrs_encap(const struct attrs *a)
{
	const uint8_t *c = find(a, EC_ENCAP);

	return c ? c[6] << 8 | c[7] : -ENOENT;
}

bool attrs_macmob(const struct attrs *a, uint32_t *seq, bool *sticky)
{
	const uint8_t *c = find(a, EC_MACMOB);
	struct rbuf r = rbuf_of(c, c ? EXTCOM_LEN : 0);
	struct macmob m = { 0 };
	bool present = c && !macmob_decode(&r, &m);

	*seq = m.seq;
	*sticky = m.sticky;
	return present;
}

bool attrs_router_mac(const struct attrs *a, struct mac *out)
{
	const uint8_t *c = find(a, EC_ROUTER_MAC);

	if (c)
		memcpy(out->b, c + 2, sizeof(out->b));
	return c != NULL;
}

/* Kinds with words of their own; v is at the six bytes of value. */

static void encap_text(const uint8_t *v, char *buf, size_t size)
{
	snprintf(buf, size, "ET:%u", (unsigned)v[4] << 8 | v[5]);
}

static void color_text(const uint8_t *v, char *buf, size_t size)
{
	struct rbuf r = rbuf_of(v + 2, 4);

	snprintf(buf, size, "Color:%u", rbuf_u32(&r));
}

static void default_gw_text(const uint8_t *v, char *buf, size_t size)
{
	(void)v;
	snprintf(buf, size, "Default Gateway");
}

static void macmob_text(const uint8_t *v, char *buf, size_t size)
{
	struct rbuf r = rbuf_of(v + 2, 4);

	snprintf(buf, size, "MM:%u%s", rbuf_u32(&r), v[0] & 1 ? ", sticky MAC" : "");
}

static void esi_label_text(const uint8_t *v, char *buf, size_t size)
{
	snprintf(buf, size, "ESI-label-Rt:%s", v[0] & 1 ? "SA" : "AA");
}

static void mac_text(const char *word, const uint8_t *v, char *buf, size_t size)
{
	struct mac m;
	char mac[ADDR_STR];

	memcpy(m.b, v, sizeof(m.b));
	snprintf(buf, size, "%s:%s", word, mac_format(&m, mac));
}

static void es_import_text(const uint8_t *v, char *buf, size_t size)
{
	mac_text("ES-Import-Rt", v, buf, size);
}

static void router_mac_text(const uint8_t *v, char *buf, size_t size)
{
	mac_text("Rmac", v, buf, size);
}

static void df_election_text(const uint8_t *v, char *buf, size_t size)
{
	snprintf(buf, size, "DF: (alg: %u, bmap: 0x%x pref: %u)", v[0] & 0x1fu,
		 (unsigned)v[1] << 8 | v[2], (unsigned)v[4] << 8 | v[5]);
}

/* As FRR has it: one word, of the older draft's proxy flag first. */
static void arp_nd_text(const uint8_t *v, char *buf, size_t size)
{
	const char *word = v[0] & 4 ? "Proxy" : v[0] & 1 ? "Router Flag" : "";

	snprintf(buf, size, "ND:%s", word);
}

static void bandwidth_text(const uint8_t *v, char *buf, size_t size)
{
	link_bandwidth_format(v - 2, buf, size);
}

static void marker_text(const uint8_t *v, char *buf, size_t size)
{
	ila_marker_format(v - 2, buf, size);
}

static void group_text(const uint8_t *v, char *buf, size_t size)
{
	group_format(v - 2, buf, size);
}

static const struct {
	uint16_t kind;
	void (*text)(const uint8_t *v, char *buf, size_t size);
} words[] = {
	{ EC_ENCAP, encap_text },           { EC_COLOR, color_text },
	{ EC_DEFAULT_GW, default_gw_text }, { EC_MACMOB, macmob_text },
	{ EC_ESI_LABEL, esi_label_text },   { EC_ES_IMPORT, es_import_text },
	{ EC_ROUTER_MAC, router_mac_text }, { EC_DF_ELECTION, df_election_text },
	{ EC_ARP_ND, arp_nd_text },         { EC_BANDWIDTH, bandwidth_text },
	{ EC_ILA_MARKER, marker_text },     { EC_GROUP, group_text },
	{ EC_WIDE_IDENTITY, group_text },
};

const char *extcom_format(const uint8_t c[8], char *buf, size_t size)
{
	unsigned kind = kind_of(c), sub = c[1];

	if (c[0] <= 2 && (sub == EC_RT_AS2 || sub == EC_SOO_AS2)) {
		struct extcom rt;
		char text[ADDR_STR];

		memcpy(rt.b, c, EXTCOM_LEN);
		snprintf(buf, size, "%s:%s", sub == EC_RT_AS2 ? "RT" : "SoO",
			 rt_format(&rt, text));
		return buf;
	}
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (words[i].kind == kind) {
			words[i].text(c + 2, buf, size);
			return buf;
		}
	}
	snprintf(buf, size, "UNK:%u, %u", c[0], c[1]);
	return buf;
}

/* The least community above `last` (any, if NULL); NULL when there is none. */
static const uint8_t *next_above(const struct bytes *list, const uint8_t *last)
{
	struct rbuf r = rbuf_of(list->p, list->len);
	const uint8_t *best = NULL;

	while (rbuf_left(&r) >= EXTCOM_LEN) {
		const uint8_t *c = rbuf_take(&r, EXTCOM_LEN);

		if (last && memcmp(c, last, EXTCOM_LEN) <= 0)
			continue;
		if (!best || memcmp(c, best, EXTCOM_LEN) < 0)
			best = c;
	}
	return best;
}

/* In FRR's order: ascending, each once. The buffer bounds the work. */
const char *extcoms_format(const struct bytes *list, char *buf, size_t size)
{
	const uint8_t *c = NULL;
	size_t at = 0;

	if (size)
		buf[0] = '\0';
	while (at + 1 < size && (c = next_above(list, c))) {
		if (at)
			buf[at++] = ' ';
		extcom_format(c, buf + at, size - at);
		at += strlen(buf + at);
	}
	return buf;
}
