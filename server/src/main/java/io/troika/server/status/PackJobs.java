package io.troika.server.status;

import io.troika.server.core.model.PackState;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.Tid;
import io.troika.server.service.StoreGroups;
import io.troika.server.service.StoreService;
import io.troika.server.service.ports.ServiceTimer;
import io.troika.server.status.Job.Progress;
import io.troika.server.status.Job.State;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts packs on the board. Each node does them by the log, so each node sees them by itself: it
 * looks once a second, at what is small. Who asked for one knows the node that was asked, as long
 * as it runs.
 */
public final class PackJobs implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PackJobs.class);
  private static final Duration PAUSE = Duration.ofSeconds(1);

  /** Most of the time goes into the first phase; how long the others take is not known before. */
  private static final int GARBAGE_PERCENT = 70;

  private static final int TRANSACTIONS_PERCENT = 90;
  private static final int ALL_PERCENT = 100;

  private final StoreGroups groups;
  private final JobBoard board;
  private final ServiceTimer timer;
  private final Executor executor;
  private final Map<UUID, Seen> seen = new HashMap<>(); // on one thread at a time
  private volatile boolean closed;

  private record Seen(Tid horizon, boolean running) {}

  private PackJobs(StoreGroups groups, JobBoard board, ServiceTimer timer, Executor executor) {
    this.groups = groups;
    this.board = board;
    this.timer = timer;
    this.executor = executor;
  }

  /**
   * Looks from now on. What had ended before is not told.
   *
   * @param executor reads the store
   */
  public static PackJobs start(
      StoreGroups groups, JobBoard board, ServiceTimer timer, Executor executor) {
    PackJobs jobs = new PackJobs(groups, board, timer, executor);
    groups.forEach(
        service -> service.packs().tellWhoAsks((pack, by) -> jobs.asked(service, pack, by)));
    jobs.lookSoon();
    return jobs;
  }

  /** It may have been seen before, to its end even. */
  private void asked(StoreService service, PackState pack, String by) {
    try {
      StorageState storage = service.reads().applied(pack.storage());
      board.heard(job(storage, pack, by));
      PackState now = service.packs().state(pack.storage());
      if (now != null && now.horizon().equals(pack.horizon()) && !now.isRunning()) {
        board.heard(job(storage, now, by));
      }
    } catch (RuntimeException e) { // as when the storage was dropped meanwhile
      LOG.debug("who asked for a pack is not shown: {}", by, e);
    }
  }

  private void lookSoon() {
    if (!closed) {
      executor.execute(
          () -> {
            try {
              look();
            } catch (RuntimeException e) {
              // As while the state is being replaced: the next look tells.
              LOG.debug("packs can't be looked at now", e);
            }
            timer.schedule(PAUSE, this::lookSoon);
          });
    }
  }

  private void look() {
    Map<UUID, Seen> present = new HashMap<>();
    groups.all().forEach(service -> look(service, present));
    seen.clear();
    seen.putAll(present);
  }

  private void look(StoreService service, Map<UUID, Seen> present) {
    for (StorageState storage : service.reads().storages()) {
      PackState pack = service.packs().state(storage.id());
      if (pack != null) {
        Seen before = seen.get(storage.uuid());
        boolean news = before == null ? pack.isRunning() : isNews(before, pack);
        if (news) {
          board.heard(job(storage, pack, ""));
        }
        present.put(storage.uuid(), new Seen(pack.horizon(), pack.isRunning()));
      } else {
        present.put(storage.uuid(), new Seen(Tid.NONE, false));
      }
    }
  }

  private static boolean isNews(Seen before, PackState pack) {
    return pack.isRunning() || before.running || !before.horizon.equals(pack.horizon());
  }

  private static Job job(StorageState storage, PackState pack, String by) {
    return new Job(
        "pack %s %s".formatted(storage.uuid(), pack.horizon()),
        "pack",
        storage.name(),
        by,
        pack.isRunning() ? State.RUNNING : State.SUCCEEDED,
        0,
        0,
        pack.phase().name().toLowerCase(Locale.ROOT),
        new Progress(percent(storage, pack), ALL_PERCENT, "%"),
        outcome(pack));
  }

  private static int percent(StorageState storage, PackState pack) {
    return switch (pack.phase()) {
      case REVISIONS -> (int) (GARBAGE_PERCENT * pack.progress(storage.nextOid()));
      case GARBAGE -> GARBAGE_PERCENT;
      case TRANSACTIONS -> TRANSACTIONS_PERCENT;
      case DONE -> ALL_PERCENT;
    };
  }

  private static String outcome(PackState pack) {
    PackState.Removed removed = pack.removed();
    String figures =
        "removed %s revisions, %s objects, %s bytes"
            .formatted(removed.revisions(), removed.objects(), removed.bytes());
    return pack.problem().isEmpty()
        ? figures
        : figures + "; unreachable objects stay: " + pack.problem();
  }

  /** Looks no more. */
  @Override
  public void close() {
    closed = true;
  }
}
