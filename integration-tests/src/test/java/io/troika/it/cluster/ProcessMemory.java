package io.troika.it.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the system says of a process's memory: heap, native memory and threads together. */
public final class ProcessMemory {
  private static final int KIB = 1 << 10;

  private ProcessMemory() {}

  /** Bytes that are resident now. */
  public static long residentBytes(long pid) throws IOException {
    return read(pid, "VmRSS:");
  }

  /** The most that was resident since the process started. */
  public static long peakBytes(long pid) throws IOException {
    return read(pid, "VmHWM:");
  }

  private static long read(long pid, String field) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "status"))) {
      if (line.startsWith(field)) {
        String[] words = line.split("\\s+", -1);
        return Long.parseLong(words[1]) * KIB;
      }
    }
    throw new IOException("process %s: its status has no %s".formatted(pid, field));
  }
}
