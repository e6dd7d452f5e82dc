/* fib/run.h - the loop of the fib process. */
#ifndef FIB_RUN_H
#define FIB_RUN_H

struct fib;

/** fib_sweep - the engine knows all there is: forget and delete the rest. */
void fib_sweep(struct fib *f);

/** fib_sweep_later - the same after the time for it, unless fib_sweep_cancel(). */
void fib_sweep_later(struct fib *f);
void fib_sweep_cancel(struct fib *f);

/** fib_attach - a new engine at the other end of this descriptor, which is taken. */
void fib_attach(struct fib *f, int fd, unsigned restarts);

/** fib_detach - the engine is gone. Kernel state stays. */
void fib_detach(struct fib *f);

#endif
