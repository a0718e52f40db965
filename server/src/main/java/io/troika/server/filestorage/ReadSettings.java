package io.troika.server.filestorage;

import static io.troika.server.core.model.Checks.requireArgument;

import java.util.EnumSet;
import java.util.Set;

/**
 * How to read a {@code Data.fs}.
 *
 * @param recordSizeMaxBytes the largest data that is read into memory, from 1; a larger data record
 *     is refused when its data is asked for
 * @param tolerated defects to note and pass over; each must be {@link Defect#isTolerable}
 */
public record ReadSettings(int recordSizeMaxBytes, Set<Defect> tolerated) {
  public static final int RECORD_SIZE_MAX_BYTES_DEFAULT = 64 << 20;

  /**
   * For an import: refuses tids that a storage could not keep (not increasing, or not those of
   * their transaction), tolerates the rest of what FileStorage tolerates.
   */
  public static final ReadSettings DEFAULT =
      new ReadSettings(
          RECORD_SIZE_MAX_BYTES_DEFAULT,
          EnumSet.of(Defect.STATUS_UNKNOWN, Defect.PREVIOUS_POSITION));

  /** Accepts all that FileStorage opens, to look at a file rather than to import it. */
  public static final ReadSettings AS_FILE_STORAGE =
      new ReadSettings(RECORD_SIZE_MAX_BYTES_DEFAULT, Defect.tolerable());

  public ReadSettings {
    tolerated = Set.copyOf(tolerated);
    requireArgument(
        recordSizeMaxBytes > 0, "record size limit %s: expected 1 or more", recordSizeMaxBytes);
    requireArgument(
        Defect.tolerable().containsAll(tolerated),
        "tolerated %s: only %s can be",
        tolerated,
        Defect.tolerable());
  }

  /** These settings with another limit. */
  public ReadSettings withRecordSizeMaxBytes(int bytes) {
    return new ReadSettings(bytes, tolerated);
  }
}
