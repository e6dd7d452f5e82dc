/* fib/bpf_writer.h - a second pair of hands for long runs of map entries: while a batch
 * is being written by a thread, the caller goes on with the next one. */
#ifndef FIB_BPF_WRITER_H
#define FIB_BPF_WRITER_H

#include <stdbool.h>
#include <stdint.h>

struct bpf_writer;

/** bpf_writer_new - the thread sleeps until it is given something. Return: NULL, there
 * can be none: everything is written by the caller then. */
struct bpf_writer *bpf_writer_new(void);
void bpf_writer_free(struct bpf_writer *w);

/**
 * bpf_writer_give - have a batch written, as bpf_map_write() does
 * @keys, @values: borrowed until bpf_writer_take()
 *
 * At most one batch is under way: each give has its take before the next.
 */
void bpf_writer_give(struct bpf_writer *w, int fd, const void *keys, const void *values,
		     uint32_t n);

/** bpf_writer_is_busy - is a batch being written? */
bool bpf_writer_is_busy(struct bpf_writer *w);

/** bpf_writer_wait - the batch is written, or has failed: nobody touches the map now.
 */
void bpf_writer_wait(struct bpf_writer *w);

/** bpf_writer_take - waits. Return and err: as bpf_map_write(). */
uint32_t bpf_writer_take(struct bpf_writer *w, int *err);

#endif
