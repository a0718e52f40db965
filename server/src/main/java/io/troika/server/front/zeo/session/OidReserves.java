package io.troika.server.front.zeo.session;

import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.front.zeo.session.OidReserve.Block;
import io.troika.server.service.leader.LeaderTransactions;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The oids that a node has ahead for its clients, so that not every {@code new_oids} is an entry in
 * the log. Safe for any thread.
 */
public final class OidReserves {
  /** Fifty calls of a client, which takes a hundred at a time. */
  static final int BLOCK = 5_000;

  private final LeaderTransactions leader;
  private final Map<StorageId, OfHistory> byStorage = new ConcurrentHashMap<>();

  /**
   * What was reserved in one history of a storage; another one knows nothing of it. Blocks are
   * asked for by name, so another name ends it too.
   */
  private record OfHistory(UUID uuid, long epoch, String name, OidReserve reserve) {
    boolean isOf(StorageState storage) {
      return uuid.equals(storage.uuid()) && epoch == storage.epoch() && name.equals(storage.name());
    }
  }

  public OidReserves(LeaderTransactions leader) {
    this.leader = leader;
  }

  /** Oids for new objects: at most {@code countMax}, at least one. */
  CompletableFuture<Block> take(StorageSession session, int countMax) {
    OidReserve reserve = of(session.applied());
    return reserve
        .take(countMax)
        .thenComposeAsync(
            block -> {
              if (isUnused(session, block)) {
                return CompletableFuture.completedFuture(block);
              }
              // A copy of another database stores oids that it was not given, perhaps ours. Blocks
              // that are allocated after that lie above.
              reserve.drop();
              return reserve.take(countMax);
            },
            session.context().executor());
  }

  OidReserve of(StorageState storage) {
    return byStorage
        .compute(
            storage.id(),
            (id, known) ->
                known != null && known.isOf(storage)
                    ? known
                    : new OfHistory(
                        storage.uuid(), storage.epoch(), storage.name(), reserve(storage.name())))
        .reserve();
  }

  private OidReserve reserve(String storage) {
    return new OidReserve(
        () -> leader.allocateOids(storage, BLOCK, StorageSession.LEADER_WAIT_MAX));
  }

  private static boolean isUnused(StorageSession session, Block block) {
    Oid stored = session.at(session.applied().lastTid()).nextObject(block.first());
    return stored == null || stored.compareTo(block.oid(block.count())) >= 0;
  }
}
