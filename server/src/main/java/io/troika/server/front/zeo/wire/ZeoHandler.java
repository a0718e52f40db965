package io.troika.server.front.zeo.wire;

/**
 * What is done with the messages of one connection. Called on the connection's event loop, which
 * others share: one call at a time, none may block.
 */
public interface ZeoHandler {
  /**
   * The next message, in the order of arrival.
   *
   * @throws ZeoProtocolException ends the connection, with its message in the log
   */
  void onMessage(ZeoMessage message);

  /**
   * What is sent begins to pile up, or is taken again. The last word of {@link
   * ZeoConnection#isWritable}, not every change of it; but whoever found it false is told when it
   * is true again.
   */
  void onWritabilityChanged(boolean writable);

  /** How fast the client may go; asked once, before its first message. */
  default ZeoPace pace() {
    return ZeoPace.NONE;
  }

  /** The connection has ended, whoever ended it. Once; nothing follows. */
  void onClosed();
}
