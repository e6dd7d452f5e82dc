/* wire/msg.h - the BGP message frame, KEEPALIVE, NOTIFICATION, ROUTE-REFRESH. */
#ifndef WIRE_MSG_H
#define WIRE_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rbuf;
struct wbuf;

enum { MSG_HEADER_LEN = 19, MSG_MAX = 4096, MSG_MAX_EXTENDED = 65535 };

enum msg_type {
	MSG_OPEN = 1,
	MSG_UPDATE = 2,
	MSG_NOTIFICATION = 3,
	MSG_KEEPALIVE = 4,
	MSG_ROUTE_REFRESH = 5,
};

enum notif_code {
	NOTIF_HEADER = 1,
	NOTIF_OPEN = 2,
	NOTIF_UPDATE = 3,
	NOTIF_HOLD = 4,
	NOTIF_FSM = 5,
	NOTIF_CEASE = 6,
	NOTIF_ROUTE_REFRESH = 7,
	NOTIF_SEND_HOLD = 8,
};

enum notif_cease {
	CEASE_MAX_PREFIX = 1,
	CEASE_SHUTDOWN = 2,
	CEASE_DECONFIGURED = 3,
	CEASE_RESET = 4,
	CEASE_REJECTED = 5,
	CEASE_CONFIG = 6,
	CEASE_COLLISION = 7,
	CEASE_RESOURCES = 8,
	CEASE_HARD_RESET = 9,
};

enum { NOTIF_DATA_MAX = 512 };

/* A NOTIFICATION to send or received; data is a copy, cut at NOTIF_DATA_MAX. */
struct notif {
	uint8_t code, sub;
	uint16_t len;
	uint8_t data[NOTIF_DATA_MAX];
};

struct msg_header {
	uint16_t len; /* bytes, header included */
	uint8_t type;
};

/**
 * msg_header_decode - check marker, length and type (RFC 4271 section 6.1)
 * @p:     MSG_HEADER_LEN bytes
 * @max:   longest message we accept now (4096, or 65535 when we sent capability 6;
 *         OPEN and KEEPALIVE stay at 4096)
 * @err:   filled when the answer is not 0
 *
 * Return: 0, -EBADMSG with the NOTIFICATION to send in *err.
 */
int msg_header_decode(const uint8_t *p, size_t max, struct msg_header *out,
		      struct notif *err);

/** msg_begin - header with a length to be patched; Return: offset for msg_end. */
size_t msg_begin(struct wbuf *w, enum msg_type type);
void msg_end(struct wbuf *w, size_t at);

void msg_keepalive_encode(struct wbuf *w);
void msg_notif_encode(struct wbuf *w, const struct notif *n);

/** msg_notif_decode - body after the header; Return: 0, -EBADMSG. */
int msg_notif_decode(struct rbuf *r, struct notif *out);

/** notif_make - code, subcode and up to NOTIF_DATA_MAX data bytes. */
struct notif notif_make(uint8_t code, uint8_t sub, const void *data, size_t len);

/** notif_shutdown - Cease 2 or 4 with a shutdown communication (RFC 9003). */
struct notif notif_shutdown(uint8_t sub, const char *utf8);

/** notif_hard - n wrapped in Cease / Hard Reset (RFC 8538 section 3). */
struct notif notif_hard(const struct notif *n);

/** notif_inner - the wrapped one if n is a hard reset with data, else n itself. */
struct notif notif_inner(const struct notif *n);

/** notif_is_hard - Cease / Hard Reset? */
bool notif_is_hard(const struct notif *n);

/** notif_message - shutdown communication as printable UTF-8; overruns and bad
 * UTF-8 give what is printable, never an error. Return: buf ("" if none). */
const char *notif_message(const struct notif *n, char *buf, size_t size);

/** notif_format - "Cease/Hard Reset (Administrative Shutdown)" and the like. */
const char *notif_format(const struct notif *n, char *buf, size_t size);

enum { RR_REQUEST = 0, RR_BEGIN = 1, RR_END = 2 };

struct msg_refresh {
	uint16_t afi;
	uint8_t sub, safi;
};

/** msg_refresh_decode - RFC 2918, 7313; Return: 0, -EBADMSG (*err filled: 7/1). */
int msg_refresh_decode(const uint8_t *msg, size_t len, struct msg_refresh *out,
		       struct notif *err);
void msg_refresh_encode(struct wbuf *w, const struct msg_refresh *m);

#endif
