package io.troika.server.filestorage;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A {@code Data.fs} that cannot be read further: it is damaged in the middle, is something else, or
 * asks for more than the settings allow. What was delivered before stays good. Retrying does not
 * help. Failures of the disk itself are plain {@link IOException}s.
 */
public final class FileStorageException extends IOException {
  private static final long serialVersionUID = 1L;

  private final Defect defect;
  private final long position;
  private final String expected;
  private final String found;

  FileStorageException(Path file, Finding finding) {
    super(file + " " + finding);
    this.defect = finding.defect();
    this.position = finding.position();
    this.expected = finding.expected();
    this.found = finding.found();
  }

  public Defect defect() {
    return defect;
  }

  /** Where in the file, in bytes from its start. */
  public long position() {
    return position;
  }

  /** What should have been there, for people. */
  public String expected() {
    return expected;
  }

  /** What was there, for people. */
  public String found() {
    return found;
  }
}
