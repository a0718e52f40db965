package io.troika.server.node;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.troika.server.config.NodeConfig;
import io.troika.server.core.model.Sha256;
import io.troika.server.operator.Backups;
import io.troika.server.operator.OperationFailedException;
import io.troika.server.operator.OperationFailedException.Reason;
import io.troika.server.status.Job;
import io.troika.server.status.Job.Progress;
import io.troika.server.status.Job.State;
import io.troika.server.status.JobBoard;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Backups that a button begins: into {@code backup.directory}, a directory below it for each
 * storage, one at a time. Nobody who asks names a path.
 */
final class NodeBackups implements Backups, AutoCloseable {
  private static final Logger logger = LoggerFactory.getLogger(NodeBackups.class);

  /** A file's name has 255 bytes at most. */
  private static final int HEX_BYTES_MAX = 126;

  private static final int HEX_BEGINNING_BYTES = 60;

  private final NodeConfig config;
  private final @Nullable StorageCopier copier;
  private final Predicate<String> storages;
  private final JobBoard jobs;
  private final AtomicBoolean busy = new AtomicBoolean();
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread made = new Thread(task, "troika-backup");
            made.setDaemon(true);
            return made;
          });

  /**
   * Does nothing yet.
   *
   * @param copier null: there can be none
   * @param storages whether there is one of a name
   */
  NodeBackups(
      NodeConfig config,
      @Nullable StorageCopier copier,
      Predicate<String> storages,
      JobBoard jobs) {
    this.config = config;
    this.copier = copier;
    this.storages = storages;
    this.jobs = jobs;
  }

  @Override
  public boolean isPossible() {
    return copier != null && config.backupDirectory() != null;
  }

  @Override
  public String begin(String storage, String by) {
    Path root = config.backupDirectory();
    StorageCopier copies = copier;
    if (root == null || copies == null) {
      throw new OperationFailedException(
          Reason.INVALID_ARGUMENT,
          "Node %s has no directory for backups (backup.directory).".formatted(config.nodeId()));
    }
    if (!storages.test(storage)) {
      throw new OperationFailedException(
          Reason.INVALID_ARGUMENT, "There is no storage %s.".formatted(storage));
    }
    if (!busy.compareAndSet(false, true)) {
      throw new OperationFailedException(
          Reason.RESOURCE_EXHAUSTED,
          "Another backup is running on %s: wait for it.".formatted(config.nodeId()));
    }
    Path place = root.resolve(directoryOf(storage));
    Said said = new Said(UUID.randomUUID().toString(), storage, by);
    said.tell(State.RUNNING, new Progress(0, 0, "transactions"), "");
    thread.execute(() -> run(copies, storage, place, said));
    return "The backup of %s on %s has begun.".formatted(storage, config.nodeId());
  }

  private void run(StorageCopier copies, String storage, Path place, Said said) {
    try {
      String done = copies.copy(config, storage, place, said::written);
      said.tell(State.SUCCEEDED, said.progress, done);
    } catch (IOException | RuntimeException e) {
      logger.warn("The backup of {} into {} was not finished", storage, place, e);
      // Whoever reaches the page reads this, and the message may name a directory.
      said.tell(
          State.FAILED,
          said.progress,
          "it was not finished: the log of %s says why".formatted(config.nodeId()));
    } finally {
      busy.set(false);
    }
  }

  /**
   * A name for every storage, another one for each, and never a path: what is no plain word becomes
   * hexadecimal, of which a long one keeps the beginning and has a digest.
   */
  static String directoryOf(String storage) {
    if (storage.matches("[A-Za-z0-9][A-Za-z0-9_-]{0,99}") && !storage.startsWith("0x")) {
      return storage;
    }
    byte[] name = storage.getBytes(UTF_8);
    HexFormat hex = HexFormat.of();
    return name.length <= HEX_BYTES_MAX
        ? "0x" + hex.formatHex(name)
        : "0x%s-%s"
            .formatted(
                hex.formatHex(name, 0, HEX_BEGINNING_BYTES),
                hex.formatHex(Sha256.start().digest(name)));
  }

  /** What the board is told of one backup. */
  private final class Said {
    private final String id;
    private final String storage;
    private final String by;
    private Progress progress = new Progress(0, 0, "transactions"); // on the backup's thread

    private Said(String id, String storage, String by) {
      this.id = id;
      this.storage = storage;
      this.by = by;
    }

    private void written(long transactions, long expected) {
      progress = new Progress(transactions, expected, "transactions");
      tell(State.RUNNING, progress, "");
    }

    private void tell(State state, Progress now, String outcome) {
      jobs.heard(
          new Job(
              id,
              "backup",
              storage,
              by + " on " + config.nodeId(),
              state,
              0,
              0,
              "reading",
              now,
              outcome));
    }
  }

  /** One that is running is not finished; the next one goes on from what is there. */
  @Override
  public void close() {
    thread.shutdownNow();
  }
}
