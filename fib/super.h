/* fib/super.h - looks after the engine process. */
#ifndef FIB_SUPER_H
#define FIB_SUPER_H

struct fib;
struct intent_exit;
struct intent_ping;

/** super_start - signals, watchdog, the first engine. Return: 0 or -errno. */
int super_start(struct fib *f);
void super_stop(struct fib *f);

/** super_status - exit status for the process, once the loop has ended. */
int super_status(const struct fib *f);

/** super_lost - the channel ended. */
void super_lost(struct fib *f);

/* Records of the engine. */
void super_pong(struct fib *f, const struct intent_ping *p);
void super_ready(struct fib *f);
void super_exit(struct fib *f, const struct intent_exit *e);

#endif
