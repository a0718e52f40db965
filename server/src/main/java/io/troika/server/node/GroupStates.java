package io.troika.server.node;

import io.troika.server.service.ports.StateEvents;
import io.troika.server.storage.rocksdb.RocksFigures;
import io.troika.server.storage.rocksdb.RocksResources;
import io.troika.server.storage.rocksdb.RocksRevisionStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The databases of the groups beside {@code g0}, one each, over what all databases of a process
 * share. Closed after Raft, which applies to them.
 */
final class GroupStates implements AutoCloseable {
  private static final Logger logger = LoggerFactory.getLogger(GroupStates.class);

  private final Path directory;
  private final RocksResources resources;
  private final Map<String, StorageGroup> open = new ConcurrentSkipListMap<>();
  private boolean closed; // guarded by this

  /**
   * @param directory holds one directory a group
   */
  GroupStates(Path directory, RocksResources resources) {
    this.directory = directory;
    this.resources = resources.forFurtherGroups();
  }

  synchronized StorageGroup open(String group, StateEvents events) throws IOException {
    if (closed) {
      throw new IOException("this node is being closed");
    }
    StorageGroup state = StorageGroup.open(directory.resolve(group), resources, events);
    open.put(group, state);
    return state;
  }

  /** Closes and deletes that of a group which was dropped; nothing happens if there is none. */
  synchronized void drop(String group) throws IOException {
    StorageGroup state = open.remove(group);
    if (state != null) {
      state.close();
    }
    RocksRevisionStore.delete(directory.resolve(group));
  }

  /** How each database is doing, by group; the caller's. Waits for none to be opened or dropped. */
  Map<String, RocksFigures> figures() {
    Map<String, RocksFigures> figures = new TreeMap<>();
    open.forEach(
        (group, state) -> {
          try {
            figures.put(group, state.figures());
          } catch (IllegalStateException closed) {
            logger.debug("group {} has just been dropped", group, closed);
          }
        });
    return figures;
  }

  @Override
  public synchronized void close() {
    closed = true;
    open.values().forEach(StorageGroup::close);
    open.clear();
  }
}
