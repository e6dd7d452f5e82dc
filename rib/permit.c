/*
 * Labels are what policy believes of an endpoint, and route targets are what tenant it
 * is in. Both are claims of the host that announces it. A reflector whose clients are
 * hosts knows what each of them may claim, and these are its lists.
 */
#include "rib/permit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/rbuf.h"
#include "lib/util.h"
#include "lib/wbuf.h"
#include "rib/labels.h"

/* ---- rules about labels ------------------------------------------------------ */

/* Without the asterisk a pattern is a label. */
static enum label_fault pattern_check(const char *p, size_t len)
{
	bool star = len && p[len - 1] == '*';

	return label_check((struct bytes) { (const uint8_t *)p, len - star });
}

enum label_fault label_rule_parse(const char *text, struct labels *out)
{
	struct labels made = { 0 };
	struct wbuf w = wbuf_of(made.b, sizeof(made.b));
	unsigned n = 0;
	size_t len;

	if (!*text)
		return LABEL_NONE;
	for (;; text += len + 1) {
		enum label_fault f;

		len = strcspn(text, ",");
		f = pattern_check(text, len);
		if (f)
			return f;
		if (n++)
			wbuf_u8(&w, 0);
		wbuf_bytes(&w, text, len);
		if (!text[len])
			break;
	}
	if (w.full)
		return LABEL_SIZE;
	made.len = (uint16_t)w.len;
	*out = made;
	return LABEL_FINE;
}

bool label_permit_next(const struct label_permit *p, uint32_t *at, struct bytes *rule)
{
	struct rbuf r = rbuf_of(p->rules + *at, p->len - *at);

	if (!rbuf_left(&r))
		return false;
	rule->len = rbuf_u16(&r);
	rule->p = rbuf_take(&r, rule->len);
	*at = p->len - (uint32_t)rbuf_left(&r);
	return true;
}

/* Where the rule begins; p->len if it is not there. */
static uint32_t rule_find(const struct label_permit *p, struct bytes rule)
{
	struct bytes other;

	for (uint32_t at = 0, from = 0; label_permit_next(p, &at, &other); from = at)
		if (bytes_eq(other, rule))
			return from;
	return p->len;
}

int label_permit_add(struct label_permit *p, struct bytes rule)
{
	struct wbuf w;

	if (rule_find(p, rule) < p->len)
		return 0;
	if (p->n == PERMIT_RULES)
		return -ENOSPC;
	p->rules = xrealloc(p->rules, p->len + 2 + rule.len);
	w = wbuf_of(p->rules + p->len, 2 + rule.len);
	wbuf_u16(&w, (unsigned)rule.len);
	wbuf_bytes(&w, rule.p, rule.len);
	p->len += (uint32_t)w.len;
	p->n++;
	return 0;
}

int label_permit_del(struct label_permit *p, struct bytes rule)
{
	uint32_t from = rule_find(p, rule), size = 2 + (uint32_t)rule.len;

	if (from == p->len)
		return -ENOENT;
	p->len -= size;
	memmove(p->rules + from, p->rules + from + size, p->len - from);
	p->n--;
	return 0;
}

static bool pattern_matches(struct bytes pattern, struct bytes label)
{
	bool star = pattern.p[pattern.len - 1] == '*';
	size_t n = pattern.len - star;

	return (star ? label.len >= n : label.len == n) &&
	       !memcmp(label.p, pattern.p, n);
}

/* Patterns, as labels, have a NUL between two. */
static bool next_string(struct bytes *rest, struct bytes *one)
{
	const uint8_t *nul;

	if (!rest->len)
		return false;
	nul = memchr(rest->p, 0, rest->len);
	*one = (struct bytes) { rest->p, nul ? (size_t)(nul - rest->p) : rest->len };
	rest->p += one->len + (nul != NULL);
	rest->len -= one->len + (nul != NULL);
	return true;
}

static bool rule_has(struct bytes rule, struct bytes label)
{
	struct bytes pattern;

	while (next_string(&rule, &pattern))
		if (pattern_matches(pattern, label))
			return true;
	return false;
}

static bool rule_has_all(struct bytes rule, struct bytes labels)
{
	struct bytes label;

	while (next_string(&labels, &label))
		if (!rule_has(rule, label))
			return false;
	return true;
}

bool label_permit_has(const struct label_permit *p, struct bytes labels)
{
	struct bytes rule;

	for (uint32_t at = 0; label_permit_next(p, &at, &rule);)
		if (rule_has_all(rule, labels))
			return true;
	return false;
}

/* Do the numbers say what the labels say? */
static bool numbers_follow(const struct label_marks *m, const struct attrs *a,
			   struct bytes value, struct bytes labels,
			   uint32_t (*assigned)(void *ctx, struct bytes labels),
			   void *ctx)
{
	uint32_t number;

	if (!attrs_numbered(a, m) ||
	    attrs_numbers_are(a, m, labels_number(labelset_domain(value), labels)))
		return true;
	number = assigned(ctx, labels);
	return number && attrs_numbers_are(a, m, number);
}

bool labels_permitted(const struct label_permit *p, const struct label_marks *m,
		      const struct attrs *a,
		      uint32_t (*assigned)(void *ctx, struct bytes labels), void *ctx)
{
	struct bytes value, labels;
	int rc = attrs_labelset(a, m->code, &value);

	if (!rc)
		switch (labelset_decode(value, 0, &labels)) {
		case LABELSET_OK:
			return label_permit_has(p, labels) &&
			       numbers_follow(m, a, value, labels, assigned, ctx);
		case LABELSET_FOREIGN:
			if (labelset_is_ours(value.p, value.len))
				return false; /* another version */
			break;
		case LABELSET_MALFORMED:
			break;
		}
	return !attrs_numbered(a, m);
}

/* ---- tenants ----------------------------------------------------------------- */

static unsigned tenant_find(const struct tenant_permit *p, const struct tenant_rule *r)
{
	unsigned i = 0;

	while (i < p->n && memcmp(&p->rule[i], r, sizeof(*r)) != 0)
		i++;
	return i;
}

int tenant_permit_add(struct tenant_permit *p, const struct tenant_rule *r)
{
	if (tenant_find(p, r) < p->n)
		return 0;
	if (p->n == PERMIT_RULES)
		return -ENOSPC;
	p->rule = xrealloc(p->rule, (p->n + 1) * sizeof(*p->rule));
	p->rule[p->n++] = *r;
	return 0;
}

int tenant_permit_del(struct tenant_permit *p, const struct tenant_rule *r)
{
	unsigned i = tenant_find(p, r);

	if (i == p->n)
		return -ENOENT;
	p->n--;
	memmove(p->rule + i, p->rule + i + 1, (p->n - i) * sizeof(*p->rule));
	return 0;
}

enum {
	EXTCOM_LEN = 8,
	EXTCOM6_LEN = 20,
	EC_AS2 = 0, /* AS u16, number u32 */
	EC_IP4 = 1, /* address u32, number u16 */
	EC_AS4 = 2, /* AS u32, number u16 */
	EC_SUB_RT = 2,
	RFC8365_VXLAN = 1 << 28, /* A 0, type 1, domain 0, then the VNI */
};

static bool is_target(const uint8_t *c)
{
	return c[0] <= EC_AS4 && c[1] == EC_SUB_RT;
}

static uint32_t target_number(const uint8_t *c)
{
	struct rbuf r = rbuf_of(c + 4, 4);

	return c[0] == EC_AS2 ? rbuf_u32(&r) : (uint32_t)c[6] << 8 | c[7];
}

static bool in_range(const struct tenant_rule *r, uint32_t n)
{
	return !r->is_rt && n >= r->first && n <= r->last;
}

static bool target_permitted(const struct tenant_permit *p, const uint8_t *c)
{
	uint32_t n = target_number(c);

	for (unsigned i = 0; i < p->n; i++) {
		const struct tenant_rule *r = &p->rule[i];

		if (r->is_rt && !memcmp(r->rt.b, c, EXTCOM_LEN))
			return true;
		if (c[0] == EC_IP4) /* no AS: not one that is derived from a VNI */
			continue;
		if (in_range(r, n) || (c[0] == EC_AS2 && n > RFC8365_VXLAN &&
				       in_range(r, n - RFC8365_VXLAN)))
			return true;
	}
	return false;
}

bool targets_permitted(const struct tenant_permit *p, const struct attrs *a,
		       struct extcom *denied)
{
	struct bytes list = a->ext_communities, list6 = a->ext6_communities;

	for (size_t i = 0; i + EXTCOM_LEN <= list.len; i += EXTCOM_LEN) {
		const uint8_t *c = list.p + i;

		if (!is_target(c) || target_permitted(p, c))
			continue;
		memcpy(denied->b, c, EXTCOM_LEN);
		return false;
	}
	for (size_t i = 0; i + EXTCOM6_LEN <= list6.len; i += EXTCOM6_LEN) {
		if (list6.p[i] || list6.p[i + 1] != EC_SUB_RT)
			continue;
		*denied = (struct extcom) { { 0 } };
		return false;
	}
	return true;
}

bool vnid_permitted(const struct tenant_permit *p, uint32_t vnid)
{
	for (unsigned i = 0; i < p->n; i++)
		if (in_range(&p->rule[i], vnid))
			return true;
	return false;
}
