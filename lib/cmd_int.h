/* lib/cmd_int.h - what the files of the command tree share; nobody else. */
#ifndef LIB_CMD_INT_H
#define LIB_CMD_INT_H

#include "lib/cmd.h"

enum cmd_kind {
	K_KEYWORD,
	K_WORD,
	K_LINE,
	K_IP4,
	K_IP6,
	K_IP,
	K_PREFIX,
	K_MAC,
	K_RD,
	K_RT,
	K_IFNAME,
	K_NUMBER,
};

struct cmd_token {
	enum cmd_kind kind;
	char text[48];   /* keyword, or how the placeholder is shown */
	char name[32];   /* of the argument */
	uint64_t lo, hi; /* K_NUMBER */
};

/* A grammar compiles to a program: tokens, forks, jumps, an end. No loops. */
enum cmd_op { OP_TOKEN, OP_FORK, OP_JUMP, OP_END };
enum { PC_NONE = 0xffff };

struct cmd_inst {
	enum cmd_op op;
	uint16_t x, y; /* token; or the way(s) to go on */
};

struct cmd_prog {
	const struct cmd_row *row;
	void *ctx;
	struct cmd_token *tokens;
	struct cmd_inst *insts;
	unsigned n_tokens, n_insts;
};

struct cmd_tree {
	const struct cmd_mode *modes;
	unsigned n_modes;
	struct cmd_prog *progs;
	size_t n_progs, cap_progs;
	const struct cmd_word **words;
	size_t n_words, cap_words;
};

/** cmd_compile - fill *p from its row's grammar; asserts on a wrong one. */
void cmd_compile(struct cmd_prog *p);

/** cmd_token_match - how well a word fits: 0 not, then generic, abbreviation, typed,
 * exact keyword. */
enum { FIT_NONE, FIT_GENERIC, FIT_ABBREV, FIT_TYPED, FIT_EXACT };
int cmd_token_match(const struct cmd_token *t, const char *word);

/* A way through one program; the words it took are in cap. */
struct cmd_thread {
	const struct cmd_prog *prog;
	uint16_t pc;
	bool rest; /* LINE took all that follows */
	uint8_t n;
	struct {
		uint16_t token, word;
	} cap[CMD_ARGS];
};

struct cmd_threads {
	struct cmd_thread *v;
	size_t n, cap;
};

struct cmd_line {
	char *store; /* owned: words cut apart, then the line whole */
	const char *whole;
	unsigned n;
	bool blank_end, too_many;
	struct {
		char *text;
		unsigned column; /* from 1 */
	} v[CMD_WORDS];
};

void cmd_split(const char *line, struct cmd_line *w);

/** cmd_start - all ways at the beginning of the rows of one mode. */
void cmd_start(const struct cmd_tree *t, int mode, struct cmd_threads *out);

/** cmd_step - those of `in` that take word i at the best fit, moved on; out is empty
 * when none does. */
void cmd_step(const struct cmd_threads *in, const struct cmd_line *w, unsigned i,
	      struct cmd_threads *out);

static inline const struct cmd_token *cmd_thread_token(const struct cmd_thread *th)
{
	const struct cmd_inst *in = &th->prog->insts[th->pc];

	return in->op == OP_TOKEN && !th->rest ? &th->prog->tokens[in->x] : NULL;
}

static inline bool cmd_thread_done(const struct cmd_thread *th)
{
	return th->prog->insts[th->pc].op == OP_END;
}

static inline bool cmd_is_listed(const struct cmd_row *row)
{
	return !(row->flags & CMD_HIDDEN);
}

static inline bool cmd_row_in(const struct cmd_row *row, int mode)
{
	return row->mode == mode || row->mode == CMD_ANY;
}

#endif
