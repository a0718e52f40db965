package io.troika.server.operator;

import static io.troika.server.core.model.Checks.requireArgument;

import io.troika.server.access.Demand;
import org.jspecify.annotations.Nullable;

/** One thing that an operator asks for, with what it needs of them. */
public sealed interface Operation {
  /** As it is called in the audit log. */
  String name();

  /** What is asked, in words for the audit log. */
  String request();

  /** What has to be granted; the same as for the call of gRPC. */
  Demand demand();

  /** The storage that it is about, or null. */
  default @Nullable String storage() {
    return null;
  }

  /** Has it done. */
  String run(Operations operations);

  /** See {@link Operations#transferLeadership}. */
  record Transfer(String group, String target, long expectedTerm) implements Operation {
    public Transfer {
      // Not g0's: whoever names none may have meant another one.
      requireArgument(!group.isEmpty(), "group: expected a name, found nothing");
    }

    @Override
    public String name() {
      return "Transfer";
    }

    @Override
    public String request() {
      return "group: %s target: %s expected_term: %s".formatted(group, target, expectedTerm);
    }

    @Override
    public Demand demand() {
      return Demand.ADMIN_CLUSTER;
    }

    @Override
    public String run(Operations operations) {
      return operations.transferLeadership(group, target, expectedTerm);
    }
  }

  /** See {@link Operations#pack}. */
  record Pack(String storage, int olderThanDays, boolean keepGarbage, String by)
      implements Operation {
    private static final int DAYS_MAX = 36_500;

    public Pack {
      requireArgument(!storage.isEmpty(), "storage: expected a name, found nothing");
      requireArgument(
          olderThanDays >= 0 && olderThanDays <= DAYS_MAX,
          "days %s: expected 0 to %s",
          olderThanDays,
          DAYS_MAX);
    }

    @Override
    public String name() {
      return "Pack";
    }

    @Override
    public String request() {
      return "storage: %s days: %s keep_garbage: %s".formatted(storage, olderThanDays, keepGarbage);
    }

    @Override
    public Demand demand() {
      return Demand.ADMIN_STORAGE;
    }

    @Override
    public String run(Operations operations) {
      return operations.pack(storage, olderThanDays, keepGarbage, by);
    }
  }

  /**
   * See {@link Operations#backUp}. Reads everything, but to where the node's operator has said:
   * that is theirs to read.
   */
  record BackUp(String storage, String by) implements Operation {
    @Override
    public String name() {
      return "BackUp";
    }

    @Override
    public String request() {
      return "storage: " + storage;
    }

    @Override
    public Demand demand() {
      return Demand.ADMIN_STORAGE;
    }

    @Override
    public String run(Operations operations) {
      return operations.backUp(storage, by);
    }
  }

  /** See {@link Operations#takeSnapshot}. */
  record Snapshot(String node) implements Operation {
    public Snapshot {
      requireArgument(!node.isEmpty(), "node: expected a node's id, found nothing");
    }

    @Override
    public String name() {
      return "Snapshot";
    }

    @Override
    public String request() {
      return "node: " + node;
    }

    @Override
    public Demand demand() {
      return Demand.ADMIN_CLUSTER;
    }

    @Override
    public String run(Operations operations) {
      return operations.takeSnapshot(node);
    }
  }
}
