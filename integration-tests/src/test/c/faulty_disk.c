/*
 * Preloaded into a process, does to its fsync and fdatasync what the file named by FAULTY_DISK_FILE says at that
 * moment, in two words: the first is how many milliseconds each takes longer, or "fail" for an input/output error; the
 * second is a part of the paths of the files that this concerns ("/" for all). Without the file nothing is done.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int concerns(int fd, const char *part) {
  char link[64];
  char path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return strstr(path, part) != NULL;
}

/* Whether the call is to fail; returns after the delay, if there is one. */
static int fails(int fd) {
  const char *name = getenv("FAULTY_DISK_FILE");
  FILE *file = name == NULL ? NULL : fopen(name, "re");
  char what[16];
  char part[256];
  if (file == NULL) return 0;
  int words = fscanf(file, "%15s %255s", what, part);
  fclose(file);
  if (words != 2 || !concerns(fd, part)) return 0;
  if (strcmp(what, "fail") == 0) return 1;
  long millis = atol(what);
  if (millis < 0 || millis > 60000) millis = 0;
  struct timespec rest = {millis / 1000, (millis % 1000) * 1000000L};
  while (nanosleep(&rest, &rest) != 0) {
    /* a signal: sleep the rest */
  }
  return 0;
}

int fsync(int fd) {
  static int (*real)(int);
  if (real == NULL) real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  if (fails(fd)) {
    errno = EIO;
    return -1;
  }
  return real(fd);
}

int fdatasync(int fd) {
  static int (*real)(int);
  if (real == NULL) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  if (fails(fd)) {
    errno = EIO;
    return -1;
  }
  return real(fd);
}
