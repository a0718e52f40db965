package io.troika.server.raft.diskspace;

import io.troika.server.raft.threads.TaskTimer;
import io.troika.server.service.ports.ClusterControl;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A leader without room hands leadership over, so that one full disk does not stop the group. If
 * the next one has no room either, it does the same: leadership goes round, slowly, until a node
 * has room. Called from one thread at a time.
 */
public final class DiskHandOver {
  static final Duration PAUSE = Duration.ofSeconds(20);
  private static final Duration PATIENCE = Duration.ofSeconds(3);
  private static final Logger log = LoggerFactory.getLogger(DiskHandOver.class);

  private final DiskRoom room;
  private final BooleanSupplier leads;
  private final ClusterControl control;
  private final TaskTimer timer;
  private boolean tried;
  private long triedAt;

  public DiskHandOver(
      DiskRoom room, BooleanSupplier leads, ClusterControl control, TaskTimer timer) {
    this.room = room;
    this.leads = leads;
    this.control = control;
    this.timer = timer;
  }

  /** To be called now and then. */
  public void look() {
    if (!room.isFull() || !leads.getAsBoolean()) {
      return;
    }
    long now = timer.nanoTime();
    if (tried && now - triedAt < PAUSE.toNanos()) {
      return;
    }
    tried = true;
    triedAt = now;
    var unused =
        control
            .transferLeadership("", PATIENCE)
            .whenComplete(
                (done, failure) -> {
                  if (failure != null) {
                    log.warn(
                        "no room here, and leadership could not be handed over: {}",
                        failure.toString());
                  }
                });
  }
}
