package io.troika.server.service.ports;

/** Whether this node, as the leader, takes what makes its state grow. Safe for any thread. */
@FunctionalInterface
public interface WriteGate {
  /** Always open. */
  WriteGate OPEN = () -> {};

  /**
   * Passes, or says why not. Must not block.
   *
   * @throws DiskFullException if there is no room
   */
  void requireOpen();
}
