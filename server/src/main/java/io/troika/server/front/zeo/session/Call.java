package io.troika.server.front.zeo.session;

import io.troika.server.core.model.Bytes;
import io.troika.server.front.zeo.wire.Args;
import io.troika.server.front.zeo.wire.ZeoConnection;
import io.troika.server.front.zeo.wire.ZeoMessage;
import io.troika.server.front.zeo.wire.ZeoProtocolException;
import io.troika.server.service.refusals.FailureCause;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One call of a client, with its arguments and the way to answer it. A call that nobody waits for
 * is answered by nothing, or, if it fails, by the end of the connection.
 */
public final class Call {
  private static final Logger LOG = LoggerFactory.getLogger(Call.class);

  private final ZeoMessage message;
  private final ZeoConnection connection;
  private final Outbox outbox;
  private final Args args;

  public Call(ZeoMessage message, ZeoConnection connection, Outbox outbox) {
    this.message = message;
    this.connection = connection;
    this.outbox = outbox;
    this.args = Args.of(message);
  }

  public String method() {
    return message.method();
  }

  public Args args() {
    return args;
  }

  /** Bytes, or a text that stands for its UTF-8. */
  public Bytes bytesOrText(int index, String name) {
    return args.value(index) instanceof String text ? Bytes.utf8(text) : args.bytes(index, name);
  }

  // ---- Answers

  /** Whether nobody waits for an answer. */
  public boolean isOneWay() {
    return message.isOneWay();
  }

  /** The answer as a message. */
  public ZeoMessage reply(@Nullable Object value) {
    return ZeoMessage.reply(message.id(), value);
  }

  /** Sends an answer that is right at any position. */
  public void answer(@Nullable Object value) {
    if (!isOneWay()) {
      outbox.send(reply(value));
    }
  }

  /** Tells the client what went wrong, or ends the connection if it does not wait for that. */
  public void fail(Throwable failure) {
    Throwable cause = FailureCause.of(failure);
    if (cause instanceof ConnectionClosedException) {
      return; // nobody to tell
    }
    if (isOneWay()) {
      connection.close("%s: %s".formatted(method(), cause.getMessage()));
    } else if (cause instanceof CloseException) {
      connection.close("%s: %s".formatted(method(), cause.getMessage()));
    } else {
      outbox.send(error(cause));
    }
  }

  /**
   * Fails if what it waits for does; what only the leader can do fails as the client has to hear.
   */
  public void orFail(CompletableFuture<?> work) {
    CompletableFuture<?> unused =
        work.exceptionally(
            failure -> {
              fail(LeaderFailures.translate(failure));
              return null;
            });
  }

  /** The error as a message. */
  public ZeoMessage error(Throwable failure) {
    Throwable cause = FailureCause.of(failure);
    ZeoError error =
        cause instanceof ZeoError known
            ? known
            : cause instanceof ZeoProtocolException
                ? ZeoError.type(String.valueOf(cause.getMessage()))
                : unexpected(cause);
    return ZeoMessage.error(message.id(), error.className(), error.detail());
  }

  private ZeoError unexpected(Throwable cause) {
    LOG.error("ZEO call {} failed", method(), cause);
    return ZeoError.storage("this node failed unexpectedly; its log tells more");
  }
}
