package io.troika.server.node;

import io.troika.server.core.RevisionReader;
import io.troika.server.core.command.Command.CreateStorage;
import io.troika.server.core.command.GroupChange.NameCluster;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.ports.ReplicatedLog;
import io.troika.server.service.refusals.FailureCause;
import io.troika.server.service.refusals.NotNowException;
import io.troika.server.service.refusals.OutcomeUnknownException;
import java.util.UUID;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that a new cluster has an id, by which clients tell it from others, and storage {@code
 * main}: whoever becomes leader of a group that never had any storage gives it both through the
 * log, the id first. Doing so is idempotent, so a leader that is deposed meanwhile does no harm,
 * and the next one tries again.
 *
 * <p>It is made once: that ids of storages were handed out is remembered by every replica, so a
 * {@code main} that was dropped or renamed stays so.
 */
final class MainStorage {
  private static final Logger logger = LoggerFactory.getLogger(MainStorage.class);

  static final String NAME = "main";

  private final ReplicatedLog log;
  private final RevisionReader reader;
  private final Executor executor;

  MainStorage(ReplicatedLog log, RevisionReader reader, Executor executor) {
    this.log = log;
    this.reader = reader;
    this.executor = executor;
  }

  void makeOnce() {
    log.addLeadershipListener(this::onLeadership);
    onLeadership(log.leadership());
  }

  private void onLeadership(Leadership leadership) {
    if (leadership.self()) {
      // Reading the storages may block; a listener must not.
      executor.execute(this::createIfNew);
    }
  }

  private void createIfNew() {
    if (!reader.group().hasNoStorageYet()) {
      return;
    }
    var unused =
        log.submit(new NameCluster(UUID.randomUUID()))
            .thenCompose(named -> log.submit(new CreateStorage(NAME, UUID.randomUUID())))
            .whenComplete((outcome, failure) -> report(failure));
  }

  private static void report(@Nullable Throwable failure) {
    Throwable cause = FailureCause.orNull(failure);
    if (cause == null) {
      logger.info("Storage {} exists", NAME);
    } else if (cause instanceof NotNowException || cause instanceof OutcomeUnknownException) {
      logger.info("Storage {} is left to the next leader: {}", NAME, cause.getMessage());
    } else {
      logger.error("Storage {} could not be created", NAME, cause);
    }
  }
}
