/*
 * Preloaded into a process, makes each fsync and fdatasync take longer, by as many milliseconds as the file
 * named by SLOW_DISK_FILE says at that moment; without the file by none.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void delay(void) {
  const char *name = getenv("SLOW_DISK_FILE");
  FILE *file = name == NULL ? NULL : fopen(name, "re");
  long millis = 0;
  if (file == NULL) return;
  if (fscanf(file, "%ld", &millis) != 1 || millis < 0 || millis > 60000) millis = 0;
  fclose(file);
  struct timespec rest = {millis / 1000, (millis % 1000) * 1000000L};
  while (nanosleep(&rest, &rest) != 0) {
    /* a signal: sleep the rest */
  }
}

int fsync(int fd) {
  static int (*real)(int);
  if (real == NULL) real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  delay();
  return real(fd);
}

int fdatasync(int fd) {
  static int (*real)(int);
  if (real == NULL) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  delay();
  return real(fd);
}
