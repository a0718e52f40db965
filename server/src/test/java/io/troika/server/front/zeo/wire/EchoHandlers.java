package io.troika.server.front.zeo.wire;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;

/** Handlers that note what happens and do with a message what the test says. */
final class EchoHandlers implements ZeoHandlerFactory {
  final List<ZeoConnection> connections = new CopyOnWriteArrayList<>();
  final List<ZeoMessage> messages = new CopyOnWriteArrayList<>();
  final List<Boolean> writability = new CopyOnWriteArrayList<>();
  final List<ZeoConnection> closed = new CopyOnWriteArrayList<>();

  private final BiConsumer<ZeoConnection, ZeoMessage> action;
  private volatile ZeoPace pace = ZeoPace.NONE;

  EchoHandlers(BiConsumer<ZeoConnection, ZeoMessage> action) {
    this.action = action;
  }

  /** Answers each call with its arguments. */
  static EchoHandlers echo() {
    return new EchoHandlers(
        (connection, message) -> connection.send(ZeoMessage.reply(message.id(), message.args())));
  }

  /** For connections that come. */
  EchoHandlers at(ZeoPace newPace) {
    pace = newPace;
    return this;
  }

  @Override
  public ZeoHandler open(ZeoConnection connection) {
    connections.add(connection);
    return new ZeoHandler() {
      @Override
      public void onMessage(ZeoMessage message) {
        messages.add(message);
        action.accept(connection, message);
      }

      @Override
      public void onWritabilityChanged(boolean writable) {
        writability.add(writable);
      }

      @Override
      public ZeoPace pace() {
        return pace;
      }

      @Override
      public void onClosed() {
        closed.add(connection);
      }
    };
  }
}
