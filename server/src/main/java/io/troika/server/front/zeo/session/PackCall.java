package io.troika.server.front.zeo.session;

import io.troika.server.core.model.PackState;
import io.troika.server.core.model.Tid;
import io.troika.server.front.zeo.wire.ZeoMessage;
import java.time.DateTimeException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One call of {@code pack} (zeo-protocol.md §11). The leader begins the pack; that it is done is
 * seen in this node's own state, so it is waited for through any change of leader.
 */
final class PackCall {
  private static final Duration LOOK_AGAIN = Duration.ofMillis(50);

  private final StorageSession session;
  private final Call call;
  private final Tid asked;
  private final boolean wait;

  PackCall(StorageSession session, Call call, Tid asked, boolean wait) {
    this.session = session;
    this.call = call;
    this.asked = asked;
    this.wait = wait;
  }

  /** The tid that is packed to when a client names a time in seconds since 1970. */
  static Tid horizon(double seconds) {
    try {
      if (Double.isNaN(seconds)) {
        throw new IllegalArgumentException("not a number");
      }
      Tid tid = Values.tidAt(seconds);
      return tid.isNone() ? new Tid(1) : tid;
    } catch (DateTimeException | IllegalArgumentException e) {
      throw ZeoError.value("pack time " + seconds + ": not a time that a transaction can have");
    }
  }

  void start() {
    FrontContext context = session.context();
    String name = session.applied().name();
    if (!name.equals(session.name())) {
      throw ZeoError.storage(
          "storage '%s' is called '%s' now: connect to that".formatted(session.name(), name));
    }
    ZeoAccess.requirePack(context.access(), session.connection(), name);
    call.orFail(
        context
            .leader()
            .pack(
                name,
                asked,
                context.config().packGarbage(),
                ZeoAccess.who(session.connection()),
                StorageSession.LEADER_WAIT_MAX)
            .thenAccept(
                running -> {
                  if (wait && !running.isNone()) {
                    look(running);
                  } else {
                    call.answer(null);
                  }
                }));
  }

  private void look(Tid horizon) {
    PackState state = session.context().service().packs().state(session.storage());
    if (isDone(state, horizon)) {
      finish(state);
    } else if (!session.outbox().isClosed()) {
      session
          .context()
          .timer()
          .schedule(LOOK_AGAIN, () -> session.context().executor().execute(() -> look(horizon)));
    }
  }

  /** This node may not have heard of the pack yet, or of a later one already. */
  private static boolean isDone(@Nullable PackState state, Tid horizon) {
    if (state == null) {
      return false;
    }
    int order = state.horizon().compareTo(horizon);
    return order > 0 || (order == 0 && !state.isRunning());
  }

  private void finish(@Nullable PackState state) {
    String problem = state == null ? "" : state.problem();
    if (problem.isEmpty()) {
      session.outbox().send(ZeoMessage.oneWay("info", SessionCalls.size(session.applied())));
      call.answer(null);
    } else {
      call.fail(
          ZeoError.storage(
              "old revisions are gone, objects that can't be reached not: " + problem));
    }
  }
}
