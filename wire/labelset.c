/*
 * The label set attribute: value, canonical form, text. Decoding changes nothing: a set
 * in another order or with a key twice is malformed, because two speakers that
 * put it right in two ways would give one endpoint two identities.
 * Not for: interning, numbers, trust.
 */
#include "wire/labelset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/rbuf.h"
#include "lib/util.h"
#include "lib/wbuf.h"
#include "wire/attr.h"
#include "wire/group.h"

static const uint8_t magic[4] = { 0x53, 0x56, 0x4c, 0x47 };

enum { LABELSET_VERSION = 1 };

static const char reserved[] = "reserved:";

const char *label_fault_text(enum label_fault f)
{
	static const char *const text[] = {
		[LABEL_FINE] = "fine",
		[LABEL_NONE] = "expected at least one label",
		[LABEL_NO_VALUE] = "expected key=value",
		[LABEL_KEY] = "a key has 1 to 317 of A-Z a-z 0-9 . _ / : -",
		[LABEL_VALUE] = "a value has at most 63 of A-Z a-z 0-9 . _ / : -",
		[LABEL_RESERVED] = "keys of reserved: are not given by hand",
		[LABEL_DUPLICATE] = "a key is there twice",
		[LABEL_ORDER] = "labels are not in order",
		[LABEL_COUNT] = "expected at most 16 labels",
		[LABEL_SIZE] = "labels take more than 1024 octets",
	};

	return (unsigned)f < ARRAY_SIZE(text) ? text[f] : "?";
}

static bool is_word(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint8_t c = p[i];
		bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9');

		if (!alnum && c != '.' && c != '_' && c != '/' && c != ':' && c != '-')
			return false;
	}
	return true;
}

static size_t key_len(struct bytes label)
{
	const uint8_t *eq = label.len ? memchr(label.p, '=', label.len) : NULL;

	return eq ? (size_t)(eq - label.p) : label.len;
}

enum label_fault label_check(struct bytes label)
{
	size_t key = key_len(label), value;

	if (key == label.len)
		return LABEL_NO_VALUE;
	value = label.len - key - 1;
	if (!key || key > LABEL_KEY_LEN || !is_word(label.p, key))
		return LABEL_KEY;
	if (value > LABEL_VALUE_LEN || !is_word(label.p + key + 1, value))
		return LABEL_VALUE;
	if (key >= sizeof(reserved) - 1 &&
	    !memcmp(label.p, reserved, sizeof(reserved) - 1))
		return LABEL_RESERVED;
	return LABEL_FINE;
}

/* By memcmp; of two where one begins the other, the shorter first. */
static int label_cmp(struct bytes a, struct bytes b)
{
	int c = memcmp(a.p, b.p, a.len < b.len ? a.len : b.len);

	return c ? c : (a.len > b.len) - (a.len < b.len);
}

/* Labels of one key stand together: what sorts between them begins with `key=`, too. */
static bool same_key(struct bytes a, struct bytes b)
{
	size_t n = key_len(a);

	return n == key_len(b) && !memcmp(a.p, b.p, n);
}

/* The octets up to the next NUL, which is taken, or to the end. */
static struct bytes label_take(struct bytes *rest)
{
	const uint8_t *nul = memchr(rest->p, 0, rest->len);
	struct bytes label = { rest->p, nul ? (size_t)(nul - rest->p) : rest->len };
	size_t used = label.len + (nul != NULL);

	rest->p += used;
	rest->len -= used;
	return label;
}

enum label_fault labels_check(struct bytes labels)
{
	struct bytes rest = labels, last = { NULL, 0 };
	unsigned n = 0;

	if (!labels.len)
		return LABEL_NONE;
	if (labels.len > LABELS_LEN)
		return LABEL_SIZE;
	if (!labels.p[labels.len - 1]) /* else the last would be an empty one */
		return LABEL_NO_VALUE;
	while (rest.len) {
		struct bytes label = label_take(&rest);
		enum label_fault f = label_check(label);

		if (f)
			return f;
		if (++n > LABELS_MAX)
			return LABEL_COUNT;
		if (last.p && same_key(last, label))
			return LABEL_DUPLICATE;
		if (last.p && label_cmp(last, label) > 0)
			return LABEL_ORDER;
		last = label;
	}
	return LABEL_FINE;
}

/* ---- the attribute ---- */

bool labelset_is_ours(const uint8_t *value, size_t len)
{
	return len >= sizeof(magic) && !memcmp(value, magic, sizeof(magic));
}

enum labelset_kind labelset_decode(struct bytes value, uint32_t domain,
				   struct bytes *labels)
{
	struct rbuf r = rbuf_of(value.p, value.len);

	if (!labelset_is_ours(value.p, value.len))
		return LABELSET_FOREIGN;
	(void)rbuf_take(&r, sizeof(magic));

	uint8_t version = rbuf_u8(&r), flags = rbuf_u8(&r);
	uint32_t of = rbuf_u32(&r);
	struct bytes rest = { r.p, rbuf_left(&r) };

	if (value.len > sizeof(magic) && version != LABELSET_VERSION)
		return LABELSET_FOREIGN;
	if (r.bad)
		return LABELSET_MALFORMED;
	if (domain && of != domain)
		return LABELSET_FOREIGN;
	if (flags || labels_check(rest))
		return LABELSET_MALFORMED;
	*labels = rest;
	return LABELSET_OK;
}

uint32_t labelset_domain(struct bytes value)
{
	struct rbuf r = rbuf_of(value.p, value.len);

	(void)rbuf_take(&r, sizeof(magic) + 2);
	return rbuf_u32(&r);
}

int labelset_encode(struct wbuf *w, uint32_t domain, struct bytes labels)
{
	wbuf_bytes(w, magic, sizeof(magic));
	wbuf_u8(w, LABELSET_VERSION);
	wbuf_u8(w, 0);
	wbuf_u32(w, domain);
	wbuf_bytes(w, labels.p, labels.len);
	return w->full ? -ENOSPC : 0;
}

/* ---- among the attributes of a route ---- */

int attrs_labelset(const struct attrs *a, uint8_t code, struct bytes *value)
{
	const uint8_t want = AF_OPTIONAL | AF_TRANSITIVE;
	struct rbuf r = rbuf_of(a->other.p, a->other.len);
	struct attr_tlv t;

	while (rbuf_left(&r) && attr_next(&r, &t)) {
		if (t.code != code)
			continue;
		*value = (struct bytes) { t.value.p, rbuf_left(&t.value) };
		return (t.flags & want) == want ? 0 : -EBADMSG;
	}
	return -ENOENT;
}

static bool is_large_mark(const uint8_t *c, const struct label_marks *m)
{
	struct rbuf r = rbuf_of(c, LARGE_COMMUNITY_LEN);

	return m->large_fn && rbuf_u32(&r) == m->large_as &&
	       rbuf_u32(&r) == m->large_fn;
}

static bool is_group_mark(const uint8_t *c, const struct label_marks *m)
{
	(void)m;
	return extcom_is_group(c);
}

/* One list of communities, and which of them are marks. */
struct mark_list {
	size_t at; /* of the struct bytes in struct attrs */
	uint8_t code;
	uint8_t each; /* octets of one */
	bool (*is_mark)(const uint8_t *c, const struct label_marks *m);
};

static const struct mark_list mark_lists[] = {
	{ offsetof(struct attrs, ext_communities), ATTR_EXT_COMMUNITY, 8,
	  is_group_mark },
	{ offsetof(struct attrs, large_communities), ATTR_LARGE_COMMUNITY,
	  LARGE_COMMUNITY_LEN, is_large_mark },
};

static struct bytes list_of(const struct attrs *a, const struct mark_list *l)
{
	struct bytes list;

	memcpy(&list, (const uint8_t *)a + l->at, sizeof(list));
	return list;
}

static bool has_mark(const struct attrs *a, const struct mark_list *l,
		     const struct label_marks *m)
{
	struct bytes list = list_of(a, l);

	for (size_t i = 0; i + l->each <= list.len; i += l->each)
		if (l->is_mark(list.p + i, m))
			return true;
	return false;
}

bool attrs_numbered(const struct attrs *a, const struct label_marks *m)
{
	for (size_t i = 0; i < ARRAY_SIZE(mark_lists); i++)
		if (has_mark(a, &mark_lists[i], m))
			return true;
	return false;
}

bool attrs_numbers_are(const struct attrs *a, const struct label_marks *m,
		       uint32_t number)
{
	struct rbuf large = rbuf_of(a->large_communities.p, a->large_communities.len);
	struct group g = { 0 };

	if (attrs_group(a, &g) == -EBADMSG)
		return false;
	if ((g.has_wide && g.identity != number) ||
	    (g.has_id && g.id != (number & UINT16_MAX)))
		return false;
	while (rbuf_left(&large) >= LARGE_COMMUNITY_LEN) {
		const uint8_t *c = rbuf_take(&large, LARGE_COMMUNITY_LEN);
		struct rbuf last = rbuf_of(c + 8, 4);

		if (is_large_mark(c, m) && rbuf_u32(&last) != number)
			return false;
	}
	return true;
}

static void unmark(struct attrs *a, const struct mark_list *l,
		   const struct label_marks *m, struct wbuf *w)
{
	struct bytes list = list_of(a, l), left = { w->base + w->len, w->len };

	for (size_t i = 0; i + l->each <= list.len; i += l->each)
		if (!l->is_mark(list.p + i, m))
			wbuf_bytes(w, list.p + i, l->each);
	left.len = w->len - left.len;
	if (!left.len)
		a->present &= ~(1ull << l->code);
	memcpy((uint8_t *)a + l->at, &left, sizeof(left));
}

static void unset(struct attrs *a, uint8_t code, struct wbuf *w)
{
	struct rbuf r = rbuf_of(a->other.p, a->other.len);
	struct bytes left = { w->base + w->len, w->len };
	struct attr_tlv t;

	while (rbuf_left(&r) && attr_next(&r, &t))
		if (t.code != code)
			wbuf_bytes(w, t.p, t.len);
	left.len = w->len - left.len;
	a->other = left;
}

bool attrs_unlabel(struct attrs *a, const struct label_marks *m, struct wbuf *w)
{
	struct bytes value;
	bool any = false;

	if (a->other.len && attrs_labelset(a, m->code, &value) != -ENOENT) {
		unset(a, m->code, w);
		any = true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(mark_lists); i++) {
		if (!has_mark(a, &mark_lists[i], m))
			continue;
		unmark(a, &mark_lists[i], m, w);
		any = true;
	}
	return any;
}

bool labelset_code_ok(unsigned code)
{
	return code && code <= UINT8_MAX && !attr_row_find((uint8_t)code);
}

/* ---- local input ---- */

static int bytes_cmp(const void *a, const void *b)
{
	const struct bytes *x = a, *y = b;

	return label_cmp(*x, *y);
}

/* list is put in order. */
static enum label_fault build(struct bytes *list, size_t n, struct labels *out)
{
	struct wbuf w = wbuf_of(out->b, sizeof(out->b));

	qsort(list, n, sizeof(*list), bytes_cmp);
	for (size_t i = 0; i < n; i++) {
		if (i && same_key(list[i - 1], list[i]))
			return LABEL_DUPLICATE;
		if (i)
			wbuf_u8(&w, 0);
		wbuf_bytes(&w, list[i].p, list[i].len);
	}
	if (w.full)
		return LABEL_SIZE;
	out->len = (uint16_t)w.len;
	return LABEL_FINE;
}

/* Takes one more label of local input. */
static enum label_fault list_add(struct bytes *list, size_t *n, const char *p,
				 size_t len)
{
	struct bytes label = { (const uint8_t *)p, len };
	enum label_fault f = label_check(label);

	if (f)
		return f;
	if (*n == LABELS_MAX)
		return LABEL_COUNT;
	list[(*n)++] = label;
	return LABEL_FINE;
}

enum label_fault labels_parse(const char *text, struct labels *out)
{
	struct bytes all[LABELS_MAX];
	struct labels made = { 0 };
	enum label_fault f;
	size_t had = 0, len;

	if (!*text)
		return LABEL_NONE;
	for (;; text += len + 1) {
		len = strcspn(text, ",");
		f = list_add(all, &had, text, len);
		if (f)
			return f;
		if (!text[len])
			break;
	}
	f = build(all, had, &made);
	if (!f)
		*out = made;
	return f;
}

const char *labels_format(struct bytes labels, char *buf, size_t size)
{
	size_t n = size && labels.len >= size ? size - 1 : labels.len;

	if (!size)
		return buf;
	for (size_t i = 0; i < n; i++)
		buf[i] = labels.p[i] ? (char)labels.p[i] : ',';
	buf[n] = '\0';
	return buf;
}

bool labels_next(struct bytes *rest, struct bytes *key, struct bytes *value)
{
	struct bytes label;

	if (!rest->len)
		return false;
	label = label_take(rest);
	*key = (struct bytes) { label.p, key_len(label) };
	*value = (struct bytes) { label.p + key->len + 1, label.len - key->len - 1 };
	return true;
}
