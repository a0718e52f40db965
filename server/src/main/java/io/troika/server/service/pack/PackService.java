package io.troika.server.service.pack;

import io.troika.server.core.RevisionReader;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.Packing;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.command.PackWork.StartPack;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.Tid;
import io.troika.server.core.pack.ReferenceFinder;
import io.troika.server.service.commit.TransactionService;
import io.troika.server.service.ports.ReplicatedLog;
import io.troika.server.service.ports.ServiceTimer;
import io.troika.server.service.refusals.RequestRefusedException;
import io.troika.server.service.refusals.RequestRefusedException.Reason;
import io.troika.server.service.waits.LeaderWaits;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Packs storages. Beginning one is a log entry; whoever leads then takes its steps, so a pack that
 * a leader left half done goes on with the next one. Every node knows how far it is.
 *
 * <p>Safe for any thread.
 */
public final class PackService {
  private final ReplicatedLog log;
  private final LeaderWaits leaderWaits;
  private final RevisionReader reader;
  private final ReferenceFinder finder;
  private final ServiceTimer timer;
  private final Executor executor;
  private final long markBytesMax;
  private final Map<StorageId, PackJob> jobs = new ConcurrentHashMap<>();
  private volatile BiConsumer<PackState, String> listener = (state, by) -> {};
  private volatile boolean closed;

  public PackService(
      ReplicatedLog log,
      LeaderWaits leaderWaits,
      RevisionReader reader,
      ReferenceFinder finder,
      ServiceTimer timer,
      Executor executor,
      long markBytesMax) {
    this.log = log;
    this.leaderWaits = leaderWaits;
    this.reader = reader;
    this.finder = finder;
    this.timer = timer;
    this.executor = executor;
    this.markBytesMax = markBytesMax;
    log.addLeadershipListener(announced -> follow());
    if (reader.storages().stream().anyMatch(each -> isRunning(reader.pack(each.id())))) {
      follow();
    }
  }

  private static boolean isRunning(@Nullable PackState state) {
    return state != null && state.isRunning();
  }

  /**
   * Begins a pack, or joins the one to the same horizon; by the leader. Nobody is asked to wait for
   * it.
   *
   * @param horizon what only a state before it shows may go; lowered to the last tid
   * @param collectGarbage whether objects that cannot be reached at the horizon go too
   * @param by who asks, in words; empty: it is not known
   * @return the state of the newest pack: that one, or an earlier one that did all it would do.
   *     Fails with the exceptions of {@link ReplicatedLog} and with {@link RequestRefusedException}
   *     (UNKNOWN_STORAGE; INVALID_ARGUMENT while another pack is running)
   */
  public CompletableFuture<PackState> start(
      StorageId storage, Tid horizon, boolean collectGarbage, String by) {
    return leaderWaits
        .whenStarted(() -> log.submit(new StartPack(storage, horizon, collectGarbage)))
        .thenApply(
            outcome -> {
              PackState state = started(outcome, horizon, collectGarbage);
              if (state.isRunning() && !by.isEmpty()) {
                listener.accept(state, by);
              }
              return state;
            });
  }

  /**
   * From now on it is told who asked for which pack, of those that ask here. On any thread; must be
   * short and not throw.
   */
  public void tellWhoAsks(BiConsumer<PackState, String> newListener) {
    listener = newListener;
  }

  private PackState started(Outcome outcome, Tid horizon, boolean collectGarbage) {
    if (outcome instanceof Rejected rejected) {
      throw TransactionService.refusal(rejected);
    }
    PackState state = ((Packing) outcome).state();
    if (state.isRunning() && !isTheSame(state, horizon, collectGarbage)) {
      throw new RequestRefusedException(
          Reason.INVALID_ARGUMENT,
          "%s: another pack is running, up to tid %s%s"
              .formatted(
                  state.storage(), state.horizon(), state.collectGarbage() ? "" : ", no garbage"));
    }
    follow();
    return state;
  }

  private static boolean isTheSame(PackState running, Tid horizon, boolean collectGarbage) {
    boolean sameGarbage =
        running.collectGarbage() == collectGarbage || !running.problem().isEmpty();
    return sameGarbage && running.asked().equals(horizon);
  }

  /**
   * The newest pack of the storage, empty if there was none; by the leader, who knows every pack
   * that was begun. Fails with the exceptions of {@link ReplicatedLog}.
   */
  public CompletableFuture<Optional<PackState>> newest(StorageId storage) {
    return leaderWaits
        .whenStarted(log::proveLeadership)
        .thenApply(term -> Optional.ofNullable(state(storage)));
  }

  /** The newest pack of the storage as this node has applied it, or null if there was none. */
  public @Nullable PackState state(StorageId storage) {
    return reader.pack(storage);
  }

  /** Takes up what is to be done here now. Never blocks. */
  private void follow() {
    if (!closed && log.leadership().self()) {
      executor.execute(this::takeUp);
    }
  }

  private void takeUp() {
    for (StorageState each : reader.storages()) {
      PackState state = reader.pack(each.id());
      if (isRunning(state) && !closed && log.leadership().self()) {
        begin(each.id());
      }
    }
  }

  private void begin(StorageId storage) {
    PackJob job =
        new PackJob(
            log, reader, finder, timer, executor, markBytesMax, storage, () -> ended(storage));
    if (jobs.putIfAbsent(storage, job) == null) {
      job.start();
    }
  }

  private void ended(StorageId storage) {
    jobs.remove(storage);
    if (isRunning(reader.pack(storage))) {
      follow(); // It began, or this node came to lead, while the job ended.
    }
  }

  /** Takes no further step. */
  public void close() {
    closed = true;
    jobs.values().forEach(PackJob::stop);
  }
}
