package io.troika.server.node;

import io.troika.server.service.ports.StateEvents;
import io.troika.server.storage.rocksdb.RocksResources;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The databases of the groups beside {@code g0}, one each, over what all databases of a process
 * share. Closed after Raft, which applies to them.
 */
final class GroupStates implements AutoCloseable {
  private final Path directory;
  private final RocksResources resources;
  private final List<StorageGroup> open = new ArrayList<>(); // guarded by this
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
    open.add(state);
    return state;
  }

  @Override
  public synchronized void close() {
    closed = true;
    open.forEach(StorageGroup::close);
    open.clear();
  }
}
