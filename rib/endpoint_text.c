/*
 * Declared endpoints as text: the words of the command, and the state file, which is
 * a version line and the same words once per line. Reading a file never trusts it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "rib/labels.h"
#include "rib/tenant_priv.h"

static const char STATE_HEADER[] = "selvage-endpoints 1\n";

static int bad(char *err, size_t errlen, const char *what, const char *value)
{
	snprintf(err, errlen, "%s%s%.80s", what, value[0] ? " " : "", value);
	return -EINVAL;
}

static int ips_parse(char *list, struct tenants_endpoint *e)
{
	char *save, *p;

	for (p = strtok_r(list, ",", &save); p; p = strtok_r(NULL, ",", &save))
		if (e->n_ips == ENDPOINT_IPS || ip_parse(p, &e->ip[e->n_ips++]))
			return -EINVAL;
	return e->n_ips ? 0 : -EINVAL;
}

static int seq_parse(const char *s, uint32_t *out)
{
	uint64_t v = 0;

	for (const char *p = s; *p; p++) {
		if (*p < '0' || *p > '9')
			return -EINVAL;
		v = v * 10 + (uint64_t)(*p - '0');
		if (v > UINT32_MAX)
			return -EINVAL;
	}
	*out = (uint32_t)v;
	return *s ? 0 : -EINVAL;
}

enum {
	W_TENANT = 1,
	W_INTERFACE = 2,
	W_MAC = 4,
	W_IP = 8,
	W_LABELS = 16,
	W_SEQ = 32,
	W_WEIGHT = 64,
	W_LOCAL_PREF = 128,
	W_ANYCAST = 256, /* has no value */
};

static int weight_parse(const char *s, uint16_t *out)
{
	uint32_t v;

	if (seq_parse(s, &v) || !v || v > UINT16_MAX)
		return -EINVAL;
	*out = (uint16_t)v;
	return 0;
}

static int mac_given(const char *s, struct mac *out)
{
	return mac_parse(s, out) || mac_is_zero(out) ? -EINVAL : 0;
}

/* why: set if there is more to say than that it is bad. */
static int value_parse(unsigned word, char *v, struct tenants_endpoint *e, char *why,
		       size_t whylen)
{
	switch (word) {
	case W_TENANT:
		return str_copy(e->tenant, sizeof(e->tenant), v);
	case W_INTERFACE:
		return str_copy(e->ifname, sizeof(e->ifname), v);
	case W_MAC:
		return mac_given(v, &e->mac);
	case W_IP:
		return ips_parse(v, e);
	case W_LABELS:
		return labels_canonical(v, e->labels, why, whylen);
	case W_WEIGHT:
		return weight_parse(v, &e->weight);
	case W_LOCAL_PREF:
		return seq_parse(v, &e->local_pref) || !e->local_pref ? -EINVAL : 0;
	default:
		return seq_parse(v, &e->seq);
	}
}

static unsigned word_find(const char *s)
{
	static const struct {
		const char *name;
		unsigned word;
	} words[] = { { "tenant", W_TENANT },  { "interface", W_INTERFACE },
		      { "mac", W_MAC },        { "ip", W_IP },
		      { "labels", W_LABELS },  { "seq", W_SEQ },
		      { "weight", W_WEIGHT },  { "local-preference", W_LOCAL_PREF },
		      { "anycast", W_ANYCAST } };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i].name, s))
			return words[i].word;
	return 0;
}

static int words_parse(char *line, struct tenants_endpoint *e, char *err, size_t errlen)
{
	static const char blanks[] = " \t\r\n";
	unsigned seen = 0, word;
	char *save, *p = strtok_r(line, blanks, &save);

	if (!p)
		return bad(err, errlen, "endpoint name is missing", "");
	if (str_copy(e->name, sizeof(e->name), p))
		return bad(err, errlen, "name is too long:", p);
	while ((p = strtok_r(NULL, blanks, &save))) {
		char *v, shown[81], why[256] = "";

		word = word_find(p);
		if (!word)
			return bad(err, errlen, "unknown word:", p);
		if (seen & word)
			return bad(err, errlen, "given twice:", p);
		seen |= word;
		if (word == W_ANYCAST) {
			e->anycast = true;
			continue;
		}
		v = strtok_r(NULL, blanks, &save);
		if (!v)
			return bad(err, errlen, "value is missing after", p);
		str_copy(shown, sizeof(shown), v); /* parsing cuts v up */
		if (value_parse(word, v, e, why, sizeof(why))) {
			char what[32];

			if (why[0])
				return bad(err, errlen, why, "");

			snprintf(what, sizeof(what), "bad %s:", p);
			return bad(err, errlen, what, shown);
		}
	}
	if (!(seen & W_TENANT))
		return bad(err, errlen, "tenant is missing", "");
	if (!(seen & W_INTERFACE))
		return bad(err, errlen, "interface is missing", "");
	if (seen & W_WEIGHT && !e->anycast)
		return bad(err, errlen, "weight is for anycast only", "");
	return 0;
}

int endpoint_parse(const char *words, struct tenants_endpoint *out, char *err,
		   size_t errlen)
{
	char line[ENDPOINT_LINE];
	struct tenants_endpoint e = { 0 };
	int rc;

	if (str_copy(line, sizeof(line), words))
		return bad(err, errlen, "line is too long", "");
	rc = words_parse(line, &e, err, errlen);
	if (!rc)
		*out = e;
	return rc;
}

static void put(char *buf, size_t *at, const char *word, const char *value)
{
	int n = snprintf(buf + *at, ENDPOINT_LINE - *at, "%s%s", word, value);

	if (n > 0)
		*at = MIN_OF(*at + (size_t)n, (size_t)ENDPOINT_LINE - 1);
}

static void put_number(char *buf, size_t *at, const char *word, uint32_t value)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", value);
	if (value)
		put(buf, at, word, text);
}

static const char *format(const struct tenants_endpoint *e, bool tenant,
			  char buf[ENDPOINT_LINE])
{
	char text[ADDR_STR];
	size_t at = 0;

	put(buf, &at, "", e->name);
	if (tenant)
		put(buf, &at, " tenant ", e->tenant);
	put(buf, &at, " interface ", e->ifname);
	if (!mac_is_zero(&e->mac))
		put(buf, &at, " mac ", mac_format(&e->mac, text));
	for (unsigned i = 0; i < e->n_ips; i++)
		put(buf, &at, i ? "," : " ip ", ip_format(&e->ip[i], text));
	if (e->labels[0])
		put(buf, &at, " labels ", e->labels);
	if (e->anycast)
		put(buf, &at, " anycast", "");
	put_number(buf, &at, " weight ", e->weight);
	put_number(buf, &at, " local-preference ", e->local_pref);
	put_number(buf, &at, " seq ", e->seq);
	return buf;
}

const char *endpoint_format(const struct tenants_endpoint *e, char buf[ENDPOINT_LINE])
{
	return format(e, true, buf);
}

int endpoint_parse_in(const char *tenant, const char *words,
		      struct tenants_endpoint *out, char *err, size_t errlen)
{
	size_t name = strspn(words, " \t"), end = name + strcspn(words + name, " \t");
	char line[ENDPOINT_LINE];
	int n = snprintf(line, sizeof(line), "%.*s tenant %s%s", (int)end, words,
			 tenant, words + end);

	if (n < 0 || (size_t)n >= sizeof(line))
		return bad(err, errlen, "line is too long", "");
	return endpoint_parse(line, out, err, errlen);
}

const char *endpoint_format_in(const struct tenants_endpoint *e,
			       char buf[ENDPOINT_LINE])
{
	return format(e, false, buf);
}

char *tenants_endpoints_encode(const struct tenants *t)
{
	size_t cap = sizeof(STATE_HEADER) + t->n_ep * ENDPOINT_LINE, at;
	char *text = xcalloc(1, cap), line[ENDPOINT_LINE];

	at = (size_t)snprintf(text, cap, "%s", STATE_HEADER);
	for (size_t i = 0; i < t->n_ep; i++)
		if (!t->ep[i]->e.configured)
			at += (size_t)snprintf(text + at, cap - at, "%s\n",
					       endpoint_format(&t->ep[i]->e, line));
	return xrealloc(text, at + 1);
}

static int line_decode(struct tenants *t, const char *p, size_t len, char *err,
		       size_t errlen)
{
	struct tenants_endpoint e;
	char line[ENDPOINT_LINE];
	int rc;

	if (len >= sizeof(line))
		return bad(err, errlen, "line is too long", "");
	memcpy(line, p, len);
	line[len] = '\0';
	if (line[strspn(line, " \t\r")] == '\0')
		return 0;
	rc = endpoint_parse(line, &e, err, errlen);
	return rc ? rc : tenants_endpoint_add(t, &e, err, errlen);
}

int tenants_endpoints_decode(struct tenants *t, const char *text, char *err,
			     size_t errlen)
{
	size_t head = sizeof(STATE_HEADER) - 1;
	char why[256];
	int n_bad = 0, line = 2;

	if (strncmp(text, STATE_HEADER, head)) {
		bad(err, errlen, "line 1: not an endpoint file of version 1", "");
		return -EPROTO;
	}
	t->restoring = true;
	for (const char *p = text + head; *p; line++) {
		size_t len = strcspn(p, "\n");

		if (line_decode(t, p, len, why, sizeof(why)) && !n_bad++)
			snprintf(err, errlen, "line %d: %s", line, why);
		p += len + (p[len] == '\n');
	}
	t->restoring = false;
	return n_bad;
}
