/*
 * Answers of show commands: a growing buffer, text or streamed JSON (RFC 8259).
 * No tree is built, and what was written may be taken before the rest is (out_clear()).
 * Looks like FRR's JSON ("key":value, two blanks a level), which scripts may grep.
 * Not for sending: whoever owns the connection takes the bytes.
 */
#include "lib/out.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void out_init(struct out *o, bool json)
{
	memset(o, 0, sizeof(*o));
	o->json = json;
}

void out_fini(struct out *o)
{
	free(o->buf);
	out_init(o, false);
}

/* Room for n more bytes, or NULL when the answer would be too long. */
static char *room(struct out *o, size_t n)
{
	if (o->cap - o->len >= n)
		return o->buf + o->len;
	if (o->full || n > OUT_LIMIT || o->len + n > OUT_LIMIT) {
		o->full = true;
		return NULL;
	}

	size_t cap = MAX_OF(o->cap * 2, (size_t)1024);

	while (cap - o->len < n)
		cap *= 2;
	o->buf = xrealloc(o->buf, cap);
	o->cap = cap;
	return o->buf + o->len;
}

static void put(struct out *o, const char *s, size_t n)
{
	char *p = n ? room(o, n) : NULL;

	if (!p)
		return;
	memcpy(p, s, n);
	o->len += n;
}

static inline void put_char(struct out *o, char c)
{
	char *p = room(o, 1);

	if (p) {
		*p = c;
		o->len++;
	}
}

char *out_take(struct out *o, size_t *len)
{
	/* A full writer has no room to ask for, but always a byte to spare here. */
	char *s = xrealloc(o->buf, o->len + 1);
	bool json = o->json;

	s[o->len] = '\0';
	if (len)
		*len = o->len;
	out_init(o, json);
	return s;
}

void out_clear(struct out *o)
{
	o->len = 0;
	o->full = false;
}

/* ---- text ---- */

/* What peers and files say may be printed, but must not drive the terminal. */
static void defuse(char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (((unsigned char)p[i] < ' ' && p[i] != '\n' && p[i] != '\t') ||
		    p[i] == 0x7f)
			p[i] = '?';
}

static void put_fmt(struct out *o, const char *fmt, va_list ap)
{
	va_list again;
	char *p = room(o, 256);

	if (!p)
		return;
	va_copy(again, ap);

	int n = vsnprintf(p, o->cap - o->len, fmt, ap);

	if (n >= 0 && (size_t)n >= o->cap - o->len) {
		p = room(o, (size_t)n + 1);
		n = p ? vsnprintf(p, (size_t)n + 1, fmt, again) : -1;
	}
	va_end(again);
	if (n <= 0)
		return;
	defuse(p, (size_t)n);
	o->len += (size_t)n;
}

void out_text(struct out *o, const char *fmt, ...)
{
	va_list ap;

	if (o->json)
		return;
	va_start(ap, fmt);
	put_fmt(o, fmt, ap);
	va_end(ap);
}

void out_line(struct out *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_fmt(o, fmt, ap);
	va_end(ap);
}

void out_puts(struct out *o, const char *s)
{
	size_t n = strlen(s), at = o->len;

	if (o->json || !n)
		return;
	put(o, s, n);
	if (o->len > at)
		defuse(o->buf + at, n);
}

static void put_blanks(struct out *o, size_t n)
{
	char *p = n ? room(o, n) : NULL;

	if (!p)
		return;
	memset(p, ' ', n);
	o->len += n;
}

void out_pad(struct out *o, const char *s, int width)
{
	size_t len = strlen(s), want = (size_t)abs(width);
	size_t blanks = len < want ? want - len : 0;

	if (o->json)
		return;
	if (width < 0)
		put_blanks(o, blanks);
	out_puts(o, s);
	if (width > 0)
		put_blanks(o, blanks ? blanks : 1);
}

/* ---- JSON ---- */

/*
 * Length of the UTF-8 sequence at p (n bytes are left), 0 when it is not one:
 * cut short, too long for its value, a surrogate, beyond U+10FFFF (RFC 3629).
 */
static size_t utf8_len(const unsigned char *p, size_t n)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = p[0] < 0xc0   ? 0
		     : p[0] < 0xe0 ? 2
		     : p[0] < 0xf0 ? 3
		     : p[0] < 0xf8 ? 4
				   : 0;

	if (!len || len > n)
		return 0;

	uint32_t v = p[0] & (0x7fu >> len);

	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		v = v << 6 | (p[i] & 0x3f);
	}
	if (v < least[len] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
		return 0;
	return len;
}

static bool is_plain(unsigned char c)
{
	return c >= ' ' && c != '"' && c != '\\' && c < 0x7f;
}

/* One character that needs care. Return: bytes of s taken. */
static size_t put_special(struct out *o, const unsigned char *s, size_t n)
{
	static const char names[] = "\"\"\\\\\bb\ff\nn\rr\tt"; /* byte, letter */
	size_t len;
	char esc[8];

	for (size_t i = 0; i < sizeof(names) - 1; i += 2)
		if (*s == (unsigned char)names[i]) {
			esc[0] = '\\';
			esc[1] = names[i + 1];
			put(o, esc, 2);
			return 1;
		}
	if (*s < 0x80) {
		snprintf(esc, sizeof(esc), "\\u%04x", *s);
		put(o, esc, 6);
		return 1;
	}
	len = utf8_len(s, n);
	if (!len) {
		put(o, "\xef\xbf\xbd", 3); /* U+FFFD for one bad byte */
		return 1;
	}
	put(o, (const char *)s, len);
	return len;
}

static void put_quoted(struct out *o, const char *str, size_t len)
{
	const unsigned char *s = (const unsigned char *)str, *end = s + len;

	put_char(o, '"');
	while (s < end) {
		const unsigned char *run = s;

		while (s < end && is_plain(*s))
			s++;
		put(o, (const char *)run, (size_t)(s - run));
		if (s < end)
			s += put_special(o, s, (size_t)(end - s));
	}
	put_char(o, '"');
}

static void put_newline(struct out *o)
{
	put_char(o, '\n');
	put_blanks(o, o->depth * 2u);
}

/* All that stands before a value: comma, line, key. */
static void member(struct out *o, const char *key)
{
	if (o->depth) {
		bool *some = &o->some[o->depth - 1];

		assert(o->in_array[o->depth - 1] == !key);
		if (*some)
			put_char(o, ',');
		*some = true;
		put_newline(o);
	}
	if (key) {
		put_quoted(o, key, strlen(key));
		put_char(o, ':');
	}
}

/* After a value: only the outermost one ends the line. */
static void value_done(struct out *o)
{
	if (!o->depth)
		put_char(o, '\n');
}

static void open_level(struct out *o, const char *key, bool array)
{
	if (!o->json)
		return;
	assert(o->depth < OUT_DEPTH);
	member(o, key);
	put_char(o, array ? '[' : '{');
	o->in_array[o->depth] = array;
	o->some[o->depth] = false;
	o->depth++;
}

void out_obj(struct out *o, const char *key)
{
	open_level(o, key, false);
}

void out_arr(struct out *o, const char *key)
{
	open_level(o, key, true);
}

void out_end(struct out *o)
{
	if (!o->json)
		return;
	assert(o->depth > 0);
	o->depth--;
	put_newline(o);
	put_char(o, o->in_array[o->depth] ? ']' : '}');
	value_done(o);
}

void out_strn(struct out *o, const char *key, const char *value, size_t len)
{
	if (!o->json)
		return;
	member(o, key);
	put_quoted(o, value, len);
	value_done(o);
}

void out_str(struct out *o, const char *key, const char *value)
{
	if (value)
		out_strn(o, key, value, strlen(value));
	else
		out_null(o, key);
}

void out_strf(struct out *o, const char *key, const char *fmt, ...)
{
	char buf[512], *p = buf;
	va_list ap;

	if (!o->json)
		return;
	va_start(ap, fmt);

	int n = vsnprintf(buf, sizeof(buf), fmt, ap);

	va_end(ap);
	if (n >= (int)sizeof(buf)) {
		p = xcalloc(1, (size_t)n + 1);
		va_start(ap, fmt);
		vsnprintf(p, (size_t)n + 1, fmt, ap);
		va_end(ap);
	}
	out_strn(o, key, p, n < 0 ? 0 : (size_t)n);
	if (p != buf)
		free(p);
}

static void put_number(struct out *o, const char *key, uint64_t v, bool negative)
{
	char digits[24], *p = digits + sizeof(digits);

	if (!o->json)
		return;
	do {
		*--p = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	if (negative)
		*--p = '-';
	member(o, key);
	put(o, p, (size_t)(digits + sizeof(digits) - p));
	value_done(o);
}

void out_int(struct out *o, const char *key, int64_t value)
{
	put_number(o, key, value < 0 ? 0 - (uint64_t)value : (uint64_t)value,
		   value < 0);
}

void out_uint(struct out *o, const char *key, uint64_t value)
{
	put_number(o, key, value, false);
}

static void put_word(struct out *o, const char *key, const char *word)
{
	if (!o->json)
		return;
	member(o, key);
	put(o, word, strlen(word));
	value_done(o);
}

void out_bool(struct out *o, const char *key, bool value)
{
	put_word(o, key, value ? "true" : "false");
}

void out_null(struct out *o, const char *key)
{
	put_word(o, key, "null");
}
