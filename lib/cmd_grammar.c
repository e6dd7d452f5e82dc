/*
 * Grammar of one command row, compiled to a small program that cmd.c runs over the
 * words of a line, all rows at once. Not for finding the row: that is cmd.c.
 */
#include "lib/cmd_int.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/addr.h"
#include "lib/util.h"

static const struct placeholder {
	const char *text;
	enum cmd_kind kind;
	const char *name;
	uint64_t lo, hi;
} placeholders[] = {
	{ "WORD", K_WORD, "word", 0, 0 },
	{ "LINE", K_LINE, "line", 0, 0 },
	{ "A.B.C.D", K_IP4, "ip", 0, 0 },
	{ "X:X::X:X", K_IP6, "ip", 0, 0 },
	{ "IP", K_IP, "ip", 0, 0 },
	{ "PREFIX", K_PREFIX, "prefix", 0, 0 },
	{ "MAC", K_MAC, "mac", 0, 0 },
	{ "RD", K_RD, "rd", 0, 0 },
	{ "RT", K_RT, "rt", 0, 0 },
	{ "VNI", K_NUMBER, "vni", 1, 16777215 },
	{ "ASN", K_NUMBER, "asn", 1, UINT32_MAX },
	{ "IFNAME", K_IFNAME, "ifname", 0, 0 },
};

struct compiler {
	struct cmd_prog *p;
	const char *s;
};

static unsigned emit(struct compiler *c, enum cmd_op op, unsigned x, unsigned y)
{
	struct cmd_prog *p = c->p;

	p->insts = xrealloc(p->insts, (p->n_insts + 1) * sizeof(*p->insts));
	p->insts[p->n_insts] = (struct cmd_inst) { op, (uint16_t)x, (uint16_t)y };
	assert(p->n_insts < PC_NONE);
	return p->n_insts++;
}

static void skip_blanks(struct compiler *c)
{
	while (*c->s == ' ')
		c->s++;
}

/* `$name` after a word or a group; false when there is none. */
static bool take_name(struct compiler *c, char name[32])
{
	size_t n;

	if (*c->s != '$')
		return false;
	c->s++;
	n = strcspn(c->s, " |)](");
	assert(n > 0 && n < 32);
	memcpy(name, c->s, n);
	name[n] = '\0';
	c->s += n;
	return true;
}

static struct cmd_token *add_token(struct compiler *c, enum cmd_kind kind,
				   const char *text, size_t len)
{
	struct cmd_prog *p = c->p;
	struct cmd_token *t;

	p->tokens = xrealloc(p->tokens, (p->n_tokens + 1) * sizeof(*p->tokens));
	t = &p->tokens[p->n_tokens];
	memset(t, 0, sizeof(*t));
	t->kind = kind;
	assert(len > 0 && len < sizeof(t->text));
	memcpy(t->text, text, len);
	emit(c, OP_TOKEN, p->n_tokens++, 0);
	return t;
}

/* "(1-254)": a number. */
static bool take_range(struct compiler *c)
{
	unsigned long long lo, hi;
	struct cmd_token *t;
	int len = 0;

	if (!isdigit((unsigned char)c->s[1]) ||
	    sscanf(c->s, "(%llu-%llu)%n", &lo, &hi, &len) != 2 || !len)
		return false;
	t = add_token(c, K_NUMBER, c->s, (size_t)len);
	t->lo = lo;
	t->hi = hi;
	str_copy(t->name, sizeof(t->name), "number");
	c->s += len;
	take_name(c, t->name);
	return true;
}

static void take_word(struct compiler *c)
{
	size_t len = strcspn(c->s, " |()[]$");
	const struct placeholder *ph = NULL;
	struct cmd_token *t;

	for (size_t i = 0; i < ARRAY_SIZE(placeholders); i++)
		if (strlen(placeholders[i].text) == len &&
		    !memcmp(placeholders[i].text, c->s, len))
			ph = &placeholders[i];
	/* A placeholder we do not know; XFRR_... is a keyword of vtysh. */
	assert(ph || !isupper((unsigned char)*c->s) || memchr(c->s, '_', len));
	t = add_token(c, ph ? ph->kind : K_KEYWORD, c->s, len);
	t->lo = ph ? ph->lo : 0;
	t->hi = ph ? ph->hi : 0;
	str_copy(t->name, sizeof(t->name), ph ? ph->name : t->text);
	c->s += len;
	take_name(c, t->name);
}

static void compile_seq(struct compiler *c);

/* "(a|b c)" or "[a|b c]": each way begins with a fork to the next one. */
static void take_group(struct compiler *c)
{
	char close = *c->s++ == '(' ? ')' : ']', name[32];
	unsigned first_token = c->p->n_tokens, jumps[64], n_jumps = 0, fork;

	for (;;) {
		fork = emit(c, OP_FORK, c->p->n_insts + 1, PC_NONE);
		compile_seq(c);
		assert(n_jumps < ARRAY_SIZE(jumps));
		jumps[n_jumps++] = emit(c, OP_JUMP, 0, 0);
		if (*c->s != '|')
			break;
		c->s++;
		c->p->insts[fork].y = (uint16_t)c->p->n_insts;
	}
	assert(*c->s == close);
	c->s++;
	if (close == ']')
		c->p->insts[fork].y = (uint16_t)c->p->n_insts;
	for (unsigned i = 0; i < n_jumps; i++)
		c->p->insts[jumps[i]].x = (uint16_t)c->p->n_insts;
	if (take_name(c, name))
		for (unsigned i = first_token; i < c->p->n_tokens; i++)
			str_copy(c->p->tokens[i].name, sizeof(name), name);
}

static void compile_seq(struct compiler *c)
{
	for (skip_blanks(c); *c->s && !strchr("|)]", *c->s); skip_blanks(c)) {
		if (*c->s == '(' && take_range(c))
			continue;
		if (*c->s == '(' || *c->s == '[')
			take_group(c);
		else
			take_word(c);
	}
}

void cmd_compile(struct cmd_prog *p)
{
	struct compiler c = { p, p->row->grammar };

	compile_seq(&c);
	assert(!*c.s && p->n_tokens);
	emit(&c, OP_END, 0, 0);
}

/* ---- does a word fit a token? ---- */

static bool is_number(const char *s, uint64_t lo, uint64_t hi)
{
	uint64_t v = 0;

	if (!*s)
		return false;
	for (; *s; s++) {
		if (*s < '0' || *s > '9' || v > UINT32_MAX)
			return false;
		v = v * 10 + (uint64_t)(*s - '0');
	}
	return v >= lo && v <= hi;
}

static bool is_ip(const char *s, unsigned len)
{
	struct ip a;

	return !ip_parse(s, &a) && (!len || a.len == len);
}

static int keyword_match(const char *keyword, const char *word)
{
	size_t n = strlen(word);

	if (!n || strncmp(keyword, word, n))
		return FIT_NONE;
	return keyword[n] ? FIT_ABBREV : FIT_EXACT;
}

int cmd_token_match(const struct cmd_token *t, const char *word)
{
	union {
		struct prefix prefix;
		struct mac mac;
		struct rd rd;
		struct extcom rt;
	} v;
	bool typed = false;

	switch (t->kind) {
	case K_KEYWORD:
		return keyword_match(t->text, word);
	case K_WORD:
	case K_LINE:
		return FIT_GENERIC;
	case K_IFNAME: /* dev_valid_name() of the kernel */
		return strlen(word) < 16 && !strpbrk(word, "/:") && strcmp(word, ".") &&
				       strcmp(word, "..")
			       ? FIT_GENERIC
			       : FIT_NONE;
	case K_IP4:
		typed = is_ip(word, 4);
		break;
	case K_IP6:
		typed = is_ip(word, 16);
		break;
	case K_IP:
		typed = is_ip(word, 0);
		break;
	case K_PREFIX:
		typed = !prefix_parse(word, &v.prefix);
		break;
	case K_MAC:
		typed = !mac_parse(word, &v.mac);
		break;
	case K_RD:
		typed = !rd_parse(word, &v.rd);
		break;
	case K_RT:
		typed = !rt_parse(word, &v.rt);
		break;
	case K_NUMBER:
		typed = is_number(word, t->lo, t->hi);
		break;
	}
	return typed ? FIT_TYPED : FIT_NONE;
}
