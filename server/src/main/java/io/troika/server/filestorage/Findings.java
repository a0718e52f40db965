package io.troika.server.filestorage;

import io.troika.server.core.model.Tid;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Decides, for each defect met in one file, between noting it and stopping. */
final class Findings {
  private final Path file;
  private final Set<Defect> tolerated;
  private final List<Finding> first = new ArrayList<>();
  private long count;

  Findings(Path file, Set<Defect> tolerated) {
    this.file = file;
    this.tolerated = tolerated;
  }

  /** Notes a defect that is tolerated, throws for any other. */
  void report(Defect defect, long position, String expected, String found)
      throws FileStorageException {
    Finding finding = new Finding(defect, position, expected, found);
    if (!tolerated.contains(defect)) {
      throw new FileStorageException(file, finding);
    }
    count++;
    if (first.size() < FileStorageReader.FINDINGS_MAX) {
      first.add(finding);
    }
  }

  /** The exception for a defect that is never tolerated. */
  FileStorageException fatal(Defect defect, long position, String expected, String found) {
    return new FileStorageException(file, new Finding(defect, position, expected, found));
  }

  /** The number as a tid, which has to be below 2^63. */
  Tid tid(long value, long position) throws FileStorageException {
    if (value < 0) {
      throw fatal(Defect.TID_RANGE, position, "less than 2^63", hex(value));
    }
    return new Tid(value);
  }

  long count() {
    return count;
  }

  List<Finding> first() {
    return first;
  }

  static String hex(long value) {
    return "0x" + Long.toHexString(value);
  }
}
