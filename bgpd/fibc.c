/*
 * The engine's end of the channel to fib. It keeps no queue of its own worth the
 * name: whoever turns routes into intents stops while there is no room, and the
 * change list of the RIB, one entry per route, is what waits.
 */
#include "bgpd/fibc.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/chan.h"
#include "lib/log.h"
#include "lib/util.h"

struct fibc {
	struct event_base *base;
	const struct fibc_ops *ops;
	void *ctx;
	struct chan *chan; /* NULL: record */
	struct event *read_ev, *write_ev, *flush_ev;
	FILE *record;
	bool lost;
};

enum { READ_DATAGRAMS = 64 }; /* per loop turn: peers want their turn too */

_Static_assert(sizeof(struct intent_hdr) == sizeof(struct chan_hdr), "header layouts");

static void on_record(void *arg, const struct chan_hdr *h, const void *body)
{
	struct fibc *f = arg;
	const struct intent_hdr ih = { h->type, h->len, h->flags };

	f->ops->record(f->ctx, &ih, body);
}

static void on_want_write(void *arg, bool on)
{
	struct fibc *f = arg;

	if (on)
		event_add(f->write_ev, NULL);
	else
		event_del(f->write_ev);
}

static void on_room(void *arg)
{
	struct fibc *f = arg;

	f->ops->room(f->ctx);
}

static const struct chan_ops chan_ops = {
	.size_of = intent_size,
	.record = on_record,
	.want_write = on_want_write,
	.room = on_room,
};

static void check(struct fibc *f, int err)
{
	if (err != -EPIPE || f->lost)
		return;
	f->lost = true;
	event_del(f->read_ev);
	event_del(f->write_ev);
	f->ops->lost(f->ctx);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct fibc *f = arg;
	int n = chan_readable(f->chan, READ_DATAGRAMS);

	(void)fd;
	(void)what;
	if (n < 0)
		check(f, n);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct fibc *f = arg;

	(void)fd;
	(void)what;
	check(f, chan_writable(f->chan));
}

static void on_flush(evutil_socket_t fd, short what, void *arg)
{
	struct fibc *f = arg;

	(void)fd;
	(void)what;
	if (f->record)
		fflush(f->record);
	else if (!f->lost)
		check(f, chan_flush(f->chan));
}

struct fibc *fibc_new(struct event_base *base, int fd, const char *record,
		      const struct fibc_ops *ops, void *ctx)
{
	struct fibc *f = xcalloc(1, sizeof(*f));

	f->base = base;
	f->ops = ops;
	f->ctx = ctx;
	f->flush_ev = event_new(base, -1, 0, on_flush, f);
	if (record) {
		f->record = fopen(record, "we");
		if (!f->record) {
			event_free(f->flush_ev);
			free(f);
			return NULL;
		}
		return f;
	}
	f->chan = chan_new(fd, &chan_ops, f);
	f->read_ev = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, f);
	f->write_ev = event_new(base, fd, EV_WRITE | EV_PERSIST, on_writable, f);
	event_add(f->read_ev, NULL);
	return f;
}

void fibc_free(struct fibc *f)
{
	if (!f)
		return;
	event_free(f->flush_ev);
	if (f->record) {
		fclose(f->record);
	} else {
		chan_flush(f->chan);
		event_free(f->read_ev);
		event_free(f->write_ev);
		chan_free(f->chan);
	}
	free(f);
}

void fibc_put(struct fibc *f, uint16_t type, uint32_t flags, const void *body)
{
	const struct intent_hdr h = { type, (uint16_t)intent_size(type), flags };
	size_t len = h.len - sizeof(h);
	char line[512];

	if (f->lost)
		return;
	event_active(f->flush_ev, EV_TIMEOUT, 0);
	if (f->record) {
		fprintf(f->record, "%s\n", intent_format(&h, body, line, sizeof(line)));
		return;
	}

	int err = chan_put(f->chan, type, flags, len ? body : NULL, len);

	if (err == -ENOBUFS)
		log_err(LOG_FIB, "fib: it takes no intents any more, giving up");
	check(f, err == -ENOBUFS ? -EPIPE : err);
}

bool fibc_has_room(struct fibc *f)
{
	return f->record || (!f->lost && chan_has_room(f->chan));
}

bool fibc_is_record(const struct fibc *f)
{
	return f->record != NULL;
}
