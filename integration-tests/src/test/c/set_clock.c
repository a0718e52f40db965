/*
 * Preloaded into a process, its wall clock is off by as many nanoseconds as the first 8 bytes of the file
 * named by SET_CLOCK_FILE say (a signed number in the machine's byte order), from the moment they say so. As
 * where a clock is set in earnest, the monotonic clock goes on undisturbed, and so does who waits by it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const int64_t SECOND = 1000000000;
static const volatile int64_t none = 0;
static const volatile int64_t *offset = &none;
static int (*real_gettime)(clockid_t, struct timespec *);

__attribute__((constructor)) static void begin(void) {
  const char *name = getenv("SET_CLOCK_FILE");
  int fd = name == NULL ? -1 : open(name, O_RDONLY | O_CLOEXEC);
  void *page = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, fd, 0);
  if (page == MAP_FAILED) abort();
  close(fd);
  offset = page;
}

static struct timespec moved(const struct timespec *time, int64_t by) {
  int64_t nanos = time->tv_sec * SECOND + time->tv_nsec + by;
  struct timespec result = {nanos / SECOND, nanos % SECOND};
  return result;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  if (real_gettime == NULL) {
    real_gettime = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  }
  int failed = real_gettime(clock, time);
  if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) *time = moved(time, *offset);
  return failed;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
  (void)zone;
  struct timespec now;
  int failed = clock_gettime(CLOCK_REALTIME, &now);
  if (!failed) {
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
  }
  return failed;
}

time_t time(time_t *to) {
  struct timespec now = {0, 0};
  clock_gettime(CLOCK_REALTIME, &now);
  if (to != NULL) *to = now.tv_sec;
  return now.tv_sec;
}

/* Waits until a moment of the wall clock, unless the condition was made with the monotonic one. */
int pthread_cond_timedwait(pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict until) {
  static int (*real)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
  if (real == NULL) {
    void *found = dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
    if (found == NULL) found = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
    real = (int (*)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *))found;
  }
  int by_monotonic = (cond->__data.__wrefs & 2) != 0; /* glibc 2.25 and newer */
  struct timespec there = by_monotonic ? *until : moved(until, -*offset);
  return real(cond, mutex, &there);
}
