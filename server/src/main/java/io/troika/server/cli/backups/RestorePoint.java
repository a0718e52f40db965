package io.troika.server.cli.backups;

import io.troika.server.backup.BackupDirectory;
import io.troika.server.backup.BackupException;
import io.troika.server.backup.BackupReader;
import io.troika.server.backup.Manifest;
import io.troika.server.backup.Manifest.Chain;
import io.troika.server.backup.Manifest.Point;
import io.troika.server.core.model.Tid;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A state that a backup can give back.
 *
 * @param storage that was backed up
 * @param upTo everything up to and including this
 * @param horizon its history before this is incomplete; none: it is whole
 */
public record RestorePoint(Path directory, String storage, Chain chain, Tid upTo, Tid horizon) {

  /**
   * The newest state of the newest chain that has one.
   *
   * @param chain the number of another chain; 0: the newest
   * @throws BackupException if there is none
   */
  public static RestorePoint newest(Path directory, int chain) throws IOException {
    Manifest manifest = BackupDirectory.read(directory);
    Chain chosen = choose(directory, manifest, chain);
    Point last = chosen.lastPoint();
    if (last == null) {
      throw new BackupException(
          "%s: the first run of chain %s was not finished; run the backup again"
              .formatted(directory, chosen.number()));
    }
    return at(directory, manifest.storage(), chosen, last.tid());
  }

  /**
   * The state of a tid.
   *
   * @param time whether it stands for a time: then one behind the last run is that of the last run
   * @throws BackupException if the backup does not have it
   */
  static RestorePoint at(Path directory, int chain, Tid tid, boolean time) throws IOException {
    RestorePoint newest = newest(directory, chain);
    if (tid.compareTo(newest.upTo) > 0 && time) {
      return newest;
    }
    Point point = newest.chain.pointOf(tid);
    if (point == null) {
      throw new BackupException(
          "%s: %s is asked for, chain %s ends with %s"
              .formatted(directory, tid, newest.chain.number(), newest.upTo));
    }
    if (tid.compareTo(point.horizon()) < 0) {
      throw new BackupException(
          ("%s: the state of %s was packed away before it was backed up; the oldest one from there"
                  + " on is that of %s")
              .formatted(directory, tid, point.horizon()));
    }
    return at(directory, newest.storage, newest.chain, tid);
  }

  private static Chain choose(Path directory, Manifest manifest, int number)
      throws BackupException {
    Chain chosen = null;
    for (Chain chain : manifest.chains()) {
      boolean fits = number == 0 ? chain.lastPoint() != null : chain.number() == number;
      chosen = fits ? chain : chosen;
    }
    if (chosen == null) {
      throw new BackupException(
          number == 0
              ? directory + ": no run of this backup was finished; run it again"
              : "%s: there is no chain %s".formatted(directory, number));
    }
    return chosen;
  }

  private static RestorePoint at(Path directory, String storage, Chain chain, Tid tid) {
    return new RestorePoint(directory, storage, chain, tid, chain.horizonAt(tid));
  }

  /** The size of what is read for it, in bytes. */
  public long sizeBytes() {
    return BackupReader.sizeBytes(chain, upTo);
  }

  /** Only what is needed for it. */
  Chain needed() {
    return new Chain(
        chain.number(), chain.uuid(), chain.epoch(), chain.segmentsUpTo(upTo), List.of());
  }
}
