/*
 * One thread that does nothing but bpf(2) on what it was given. Seven tenths of the
 * time of a mapping are the kernel's, in the update of its map; what the caller does
 * for the next batch goes on beside it. All state of fib belongs to the caller: the
 * thread sees a descriptor and two arrays.
 */
#include "fib/bpf_writer.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "fib/bpf_map.h"
#include "lib/util.h"

enum job_state { JOB_DONE, JOB_GIVEN, JOB_END };

struct bpf_writer {
	pthread_t thread;
	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t given, done;
	enum job_state state;
	int fd, err;
	const void *keys, *values;
	uint32_t n, written;
};

static void *run(void *arg)
{
	struct bpf_writer *w = arg;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		uint32_t written;
		int err;

		while (w->state == JOB_DONE)
			pthread_cond_wait(&w->given, &w->lock);
		if (w->state == JOB_END)
			break;
		pthread_mutex_unlock(&w->lock);
		written = bpf_map_write(w->fd, w->keys, w->values, w->n, &err);
		pthread_mutex_lock(&w->lock);
		w->written = written;
		w->err = err;
		w->state = JOB_DONE;
		pthread_cond_signal(&w->done);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* Signals are the loop's: the thread takes none. */
struct bpf_writer *bpf_writer_new(void)
{
	struct bpf_writer *w = xcalloc(1, sizeof(*w));
	sigset_t all, old;
	int err;

	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->given, NULL);
	pthread_cond_init(&w->done, NULL);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&w->thread, NULL, run, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!err)
		return w;
	free(w);
	return NULL;
}

void bpf_writer_free(struct bpf_writer *w)
{
	if (!w)
		return;
	bpf_writer_wait(w);
	pthread_mutex_lock(&w->lock);
	w->state = JOB_END;
	pthread_cond_signal(&w->given);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	pthread_cond_destroy(&w->given);
	pthread_cond_destroy(&w->done);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

void bpf_writer_give(struct bpf_writer *w, int fd, const void *keys, const void *values,
		     uint32_t n)
{
	pthread_mutex_lock(&w->lock);
	w->fd = fd;
	w->keys = keys;
	w->values = values;
	w->n = n;
	w->state = JOB_GIVEN;
	pthread_cond_signal(&w->given);
	pthread_mutex_unlock(&w->lock);
}

bool bpf_writer_is_busy(struct bpf_writer *w)
{
	bool busy;

	pthread_mutex_lock(&w->lock);
	busy = w->state == JOB_GIVEN;
	pthread_mutex_unlock(&w->lock);
	return busy;
}

void bpf_writer_wait(struct bpf_writer *w)
{
	pthread_mutex_lock(&w->lock);
	while (w->state == JOB_GIVEN)
		pthread_cond_wait(&w->done, &w->lock);
	pthread_mutex_unlock(&w->lock);
}

uint32_t bpf_writer_take(struct bpf_writer *w, int *err)
{
	bpf_writer_wait(w);
	*err = w->err;
	return w->written;
}
