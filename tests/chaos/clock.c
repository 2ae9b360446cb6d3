/* Loaded before a program's own libraries: the time of day is ahead of the right one, or behind it, by as many
 * nanoseconds as the file says that CLOCK_AHEAD names. Waits are measured by another clock, which does not jump. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000LL

static const volatile int64_t *ahead;
static int (*right)(clockid_t, struct timespec *);

__attribute__((constructor)) static void begin(void) {
    const char *name = getenv("CLOCK_AHEAD");
    right = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    if (file >= 0) {
        void *there = mmap(NULL, sizeof *ahead, PROT_READ, MAP_SHARED, file, 0);
        ahead = there == MAP_FAILED ? NULL : there;
        close(file);
    }
}

int clock_gettime(clockid_t which, struct timespec *told) {
    if (!right) begin();
    int failed = right(which, told);
    if (!failed && ahead && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) {
        int64_t at = told->tv_sec * SECOND + told->tv_nsec + *ahead;
        told->tv_sec = at / SECOND;
        told->tv_nsec = at % SECOND;
    }
    return failed;
}

int gettimeofday(struct timeval *restrict told, void *restrict zone) {
    struct timespec at;
    (void)zone;
    int failed = clock_gettime(CLOCK_REALTIME, &at);
    told->tv_sec = at.tv_sec;
    told->tv_usec = at.tv_nsec / 1000;
    return failed;
}

time_t time(time_t *told) {
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    if (told) *told = at.tv_sec;
    return at.tv_sec;
}
