/* lib/cmd.h - command tree: rows of grammar, matched by unique abbreviation. */
#ifndef LIB_CMD_H
#define LIB_CMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"

struct cmd_args;
struct cmd_tree;
struct out;

/* What a command ends with; the status byte of FRR's vty protocol. */
enum cmd_status {
	CMD_OK = 0,
	CMD_WARNING = 1, /* understood, and refused or failed */
	CMD_UNKNOWN = 2,
	CMD_AMBIGUOUS = 3,
	CMD_INCOMPLETE = 4,
	CMD_CONFIG_FAILED = 13, /* a configuration line was refused */
	CMD_DEFERRED = 256,     /* never sent: the answer comes later (bgpd/vty.h) */
};

/* Mode 0: commands at the first prompt; CMD_ANY: rows for every mode. */
enum { CMD_EXEC = 0, CMD_ANY = -1 };

/*
 * Grammar: words by blanks. A lower-case word is a keyword. Placeholders:
 *   WORD  LINE (the rest)  A.B.C.D  X:X::X:X  IP (either)  PREFIX  MAC  RD  RT
 *   VNI (1-16777215)  ASN  IFNAME  (A-B) a number
 * (a|b c|D) alternatives, [a|b] the same or nothing. `$name` after a placeholder or a
 * keyword names the argument; otherwise it is the keyword, or the placeholder in
 * lower case ("vni"; A.B.C.D, X:X::X:X and IP are "ip"). Of a keyword and a value with
 * one name, as in `vni VNI`, the value counts.
 * "show evpn mac vni (all|VNI) [mac MAC] [json]"
 * A command given the keyword `json` gets its struct out in JSON mode.
 */
struct cmd_row {
	int mode; /* CMD_EXEC, or a configuration mode of the tree */
	const char *grammar;
	const char *help; /* what the command does, one line, no full stop */
	/* Return: enum cmd_status; ctx is the one given to cmd_register(). */
	int (*run)(void *ctx, const struct cmd_args *args, struct out *o);
	unsigned flags;
};

enum { CMD_HIDDEN = 1 }; /* works, but is not listed */

/* Help for keywords; a keyword means the same in every command. */
struct cmd_word {
	const char *word, *help;
};

struct cmd_mode {
	const char *name;   /* as in `find`: "config-router" */
	const char *prompt; /* "(config-router)" */
	int parent;         /* whose commands work here too; -1 none */
};

enum { CMD_ARGS = 24, CMD_LINE_MAX = 65536, CMD_WORDS = 128 };

struct cmd_arg {
	const char *name;
	const char *value; /* keyword in full, or what was typed */
	unsigned column;   /* of its word in the line, from 1 */
	bool keyword;
};

struct cmd_args {
	const struct cmd_row *row;
	void *ctx;        /* of the registration */
	int mode;         /* the mode it was found in */
	void *session;    /* caller's; for the shell server its client */
	const char *line; /* the whole line, verbatim */
	unsigned n;
	struct cmd_arg v[CMD_ARGS];
	char *store; /* owned: words */
};

/* Why a line did not match. */
struct cmd_error {
	unsigned column;    /* from 1: of the wrong word, or past the end */
	char word[64];      /* the wrong word, "" at the end of the line */
	char expected[256]; /* "A.B.C.D, activate or description" */
};

/** cmd_tree_new - modes (borrowed, n of them, index = mode; modes[0] is CMD_EXEC). */
struct cmd_tree *cmd_tree_new(const struct cmd_mode *modes, unsigned n);
void cmd_tree_free(struct cmd_tree *t);

/** cmd_register - add rows (borrowed for ever) whose handlers get ctx. A wrong grammar
 * is our bug and asserts. */
void cmd_register(struct cmd_tree *t, const struct cmd_row *rows, size_t n, void *ctx);

/** cmd_words - add help for keywords (borrowed); a later one replaces an earlier. */
void cmd_words(struct cmd_tree *t, const struct cmd_word *words, size_t n);

const struct cmd_mode *cmd_mode_get(const struct cmd_tree *t, int mode);

/**
 * cmd_match - find the row for a line
 * @mode: where to look, and when that fails in its parents
 * @args: on CMD_OK filled; cmd_args_fini() it. args->line is borrowed from line
 * @err:  filled when not CMD_OK; may be NULL
 *
 * Return: CMD_OK, CMD_UNKNOWN, CMD_AMBIGUOUS or CMD_INCOMPLETE.
 */
int cmd_match(const struct cmd_tree *t, int mode, const char *line,
	      struct cmd_args *args, struct cmd_error *err);
void cmd_args_fini(struct cmd_args *args);

/**
 * cmd_run - match and run a line, write the answer or the `% ...` error to o
 * @session: put into args->session
 *
 * o is switched to JSON mode when the line has the keyword json. An empty line and
 * a comment (!, #) are CMD_OK.
 * Return: enum cmd_status.
 */
int cmd_run(const struct cmd_tree *t, int mode, const char *line, void *session,
	    struct out *o);

/** cmd_error_print - `% Unknown command: X` and its sisters. */
void cmd_error_print(int status, const char *line, struct out *o);

/** cmd_help - what may follow this line, as `?` shows it: two blanks, word, help. */
int cmd_help(const struct cmd_tree *t, int mode, const char *line, struct out *o);

/** cmd_complete - the keywords that may stand at the end of the line, one per line. */
void cmd_complete(const struct cmd_tree *t, int mode, const char *line, struct out *o);

/** cmd_list - every command of a mode (and its parents) as grammar. */
void cmd_list(const struct cmd_tree *t, int mode, struct out *o);

/** cmd_find - commands of all modes whose grammar matches an extended regular
 * expression. Return: 0, -EINVAL when it is none. */
int cmd_find(const struct cmd_tree *t, const char *regex, struct out *o);

/** cmd_doc - the reference page: modes, grammar, help of every listed row (markdown).
 */
void cmd_doc(const struct cmd_tree *t, struct out *o);

/* Arguments by name. cmd_arg: NULL when not given. The typed ones: false/dflt when not
 * given; the text was checked by the grammar. */
const char *cmd_arg(const struct cmd_args *args, const char *name);
static inline bool cmd_has(const struct cmd_args *args, const char *name)
{
	return cmd_arg(args, name) != NULL;
}
unsigned cmd_arg_column(const struct cmd_args *args, const char *name);
uint32_t cmd_arg_uint(const struct cmd_args *args, const char *name, uint32_t dflt);
bool cmd_arg_ip(const struct cmd_args *args, const char *name, struct ip *out);
bool cmd_arg_mac(const struct cmd_args *args, const char *name, struct mac *out);
bool cmd_arg_rd(const struct cmd_args *args, const char *name, struct rd *out);

#endif
