/* fib/nft.h - the one rule of nftables that is ours: what the ILA programs have marked
 * as leading nowhere is answered with ICMPv6 type 1 code 3. */
#ifndef FIB_NFT_H
#define FIB_NFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fib/nl.h"

/* Name of our table, family ip6. A table of this name is ours. */
#define NFT_TABLE "selvage-ila"

struct nft {
	struct nl nl;
	bool in_place;
	uint8_t *rule; /* owned: what the kernel shows of our rule */
	size_t len;
};

/** nft_open - Return: 0 or -errno. nft_close() is fine after a failed one and leaves
 * the table in place. */
int nft_open(struct nft *n);
void nft_close(struct nft *n);

/**
 * nft_install - table, chain and rule, in one step; replaces what is left of them
 * @mark: skb->mark, host order
 * @why:  out, NL_WHY bytes: the kernel's words
 *
 * Return: 0; -errno: nothing changed (-EPERM, -EOPNOTSUPP: no nf_tables).
 */
int nft_install(struct nft *n, uint32_t mark, char *why);

/** nft_is_intact - is the rule there as the kernel showed it after nft_install(), and
 * alone? */
bool nft_is_intact(struct nft *n);

/** nft_remove - the table goes, whoever has put what into it. Return: 0 (also when it
 * was gone) or -errno. */
int nft_remove(struct nft *n);

#endif
