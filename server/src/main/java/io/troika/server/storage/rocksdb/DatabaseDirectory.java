package io.troika.server.storage.rocksdb;

import static io.troika.server.core.model.Checks.checkInvariant;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where a database lives, and how the whole of it is replaced by another without a moment in which
 * a crash would leave neither, or a mixture.
 *
 * <pre>{@code
 * root/db        the live database
 * root/db.new    its replacement, whole and on disk
 * root/db.old    what was replaced, to be deleted
 *
 *  before          decided             exchanged                  done
 *  db          ->  db, db.new  ->  db.new, db.old  ->  db, db.old  ->  db
 *           (1)             (2)                 (3)             (4)
 * }</pre>
 *
 * <p>Each arrow is one rename (or the deletion at the end) with the parent forced to disk behind
 * it. {@code db.new} comes into being only by renaming a directory that is complete and forced to
 * disk, so its name is the decision: {@link #recover} goes forward when it is there and otherwise
 * has nothing to do but to delete {@code db.old}. A marker file would say the same a second time.
 */
final class DatabaseDirectory {
  private final Path root;
  private final Runnable afterEachStep;

  DatabaseDirectory(Path root) {
    this(root, () -> {});
  }

  /**
   * @param afterEachStep where a test crashes
   */
  DatabaseDirectory(Path root, Runnable afterEachStep) {
    this.root = root.toAbsolutePath();
    this.afterEachStep = afterEachStep;
  }

  Path live() {
    return root.resolve("db");
  }

  private Path replacement() {
    return root.resolve("db.new");
  }

  private Path replaced() {
    return root.resolve("db.old");
  }

  /** Creates the root if need be and finishes a replacement that a crash interrupted. */
  void recover() throws IOException {
    Files.createDirectories(root);
    if (Files.exists(replacement())) {
      exchange();
    }
    checkInvariant(
        Files.exists(live()) || !Files.exists(replaced()),
        "%s: there is db.old but neither db nor db.new; somebody else has been here",
        root);
    DurableFiles.deleteRecursively(replaced());
    afterEachStep.run();
  }

  /**
   * Replaces the live database, which must be closed.
   *
   * @param incoming complete, forced to disk, on the same file system; gone afterwards
   */
  void replaceBy(Path incoming) throws IOException {
    DurableFiles.deleteRecursively(replaced());
    afterEachStep.run();
    DurableFiles.move(incoming, replacement()); // (1)
    afterEachStep.run();
    exchange();
    DurableFiles.deleteRecursively(replaced()); // (4)
    afterEachStep.run();
  }

  private void exchange() throws IOException {
    if (Files.exists(live())) {
      DurableFiles.deleteRecursively(replaced());
      DurableFiles.move(live(), replaced()); // (2)
      afterEachStep.run();
    }
    DurableFiles.move(replacement(), live()); // (3)
    afterEachStep.run();
  }

  long sizeBytes() throws IOException {
    return DurableFiles.sizeOf(live())
        + DurableFiles.sizeOf(replacement())
        + DurableFiles.sizeOf(replaced());
  }

  @Override
  public String toString() {
    return root.toString();
  }
}
