/* Header, NOTIFICATION and ROUTE-REFRESH: what is read can be written again. */
#include <string.h>

#include "lib/rbuf.h"
#include "lib/wbuf.h"
#include "tests/fuzz/fuzz.h"
#include "wire/msg.h"
#include "wire/text.h"

enum { TEXT = 300 };

static void texts(const struct notif *n)
{
	char text[TEXT], again[TEXT];

	for (size_t size = 1; size <= TEXT; size += 13) {
		must(strlen(notif_message(n, text, size)) < size);
		must(strlen(notif_format(n, text, size)) < size);
	}
	/* What has been made printable stays as it is. */
	notif_message(n, text, sizeof(text));
	text_copy(again, sizeof(again), (const uint8_t *)text, strlen(text));
	must(!strcmp(text, again));
}

static void notification(struct rbuf r)
{
	uint8_t out[MSG_MAX];
	struct wbuf w = wbuf_of(out, sizeof(out));
	size_t len = rbuf_left(&r);
	const uint8_t *p = r.p;
	struct notif n, inner;

	if (msg_notif_decode(&r, &n))
		return;
	texts(&n);
	msg_notif_encode(&w, &n);
	must(!w.full && w.len == MSG_HEADER_LEN + 2u + n.len);
	must(!memcmp(out + MSG_HEADER_LEN, p, n.len + 2u));
	must(n.len == len - 2 || n.len == NOTIF_DATA_MAX);

	struct notif hard = notif_hard(&n);

	inner = notif_inner(&hard);
	must(notif_is_hard(&hard) && inner.code == n.code && inner.sub == n.sub);
	must(!memcmp(inner.data, n.data, inner.len));
}

static void refresh(const uint8_t *msg, size_t len)
{
	uint8_t out[64];
	struct wbuf w = wbuf_of(out, sizeof(out));
	struct msg_refresh m;
	struct notif err;

	if (msg_refresh_decode(msg, len, &m, &err)) {
		must(err.code == NOTIF_ROUTE_REFRESH && err.sub == 1);
		return;
	}
	msg_refresh_encode(&w, &m);
	must(!memcmp(out + MSG_HEADER_LEN, msg + MSG_HEADER_LEN, 4));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct msg_header h;
	struct notif err;

	if (size < MSG_HEADER_LEN)
		return 0;
	if (msg_header_decode(data, MSG_MAX, &h, &err)) {
		must(err.code == NOTIF_HEADER && err.sub >= 1 && err.sub <= 3);
		return 0;
	}
	must(h.len >= MSG_HEADER_LEN && h.len <= MSG_MAX);
	if (h.len > size)
		return 0;
	if (h.type == MSG_NOTIFICATION)
		notification(rbuf_of(data + MSG_HEADER_LEN, h.len - MSG_HEADER_LEN));
	else if (h.type == MSG_ROUTE_REFRESH)
		refresh(data, h.len);
	return 0;
}
