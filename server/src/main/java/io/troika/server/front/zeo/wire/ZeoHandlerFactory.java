package io.troika.server.front.zeo.wire;

/** Makes the handler of a connection whose handshake is done. */
@FunctionalInterface
public interface ZeoHandlerFactory {
  /** Called on the event loop of the connection; must not block. */
  ZeoHandler open(ZeoConnection connection);
}
