package io.troika.client;

import java.util.List;

/**
 * The replicas of a storage compared.
 *
 * @param equal every replica answered and all digests are the same
 * @param at the transaction at which they were compared
 * @param replicas one for each member
 */
public record VerifyReport(boolean equal, Tid at, List<Replica> replicas) {
  public VerifyReport {
    replicas = List.copyOf(replicas);
  }

  /**
   * One replica.
   *
   * @param nodeId its node
   * @param digest SHA-256, 32 bytes; empty if it did not answer
   * @param problem why it did not answer; empty if it did
   */
  public record Replica(String nodeId, Bytes digest, String problem) {}
}
