package io.troika.server.node;

import io.troika.server.core.RevisionReader;
import io.troika.server.core.model.GroupCatalog;
import io.troika.server.core.model.GroupInfo;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.TransactionRecord;
import io.troika.server.raft.RaftGroup;
import io.troika.server.raft.RaftNode;
import io.troika.server.service.StoreGroups;
import io.troika.server.service.StoreService;
import io.troika.server.service.ports.StateEvents;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts this node's part in every group that the catalog names: once it is applied here that there
 * is one, and again after each start; and ends it, and deletes what is here of it, once it is
 * applied that the group was dropped. A part that can't be started or ended makes the node broken,
 * as one of {@code g0} would.
 */
final class GroupKeeper implements StateEvents.Listener, AutoCloseable {
  private static final Logger logger = LoggerFactory.getLogger(GroupKeeper.class);
  private static final long CLOSE_SECONDS_MAX = 10;

  private final RevisionReader catalog;
  private final GroupStates states;
  private final RaftNode raft;
  private final Services services;
  private final StoreGroups groups;
  private final ExecutorService thread;
  private final Set<String> known = new HashSet<>(); // on the thread only
  private final Set<String> gone = new HashSet<>(); // on the thread only
  private final Map<String, StoreService> opened = new HashMap<>(); // guarded by itself

  /** What a part of a group is to be served by. */
  interface Services {
    StoreService create(RaftGroup part, StorageGroup state, StateEvents events);
  }

  /**
   * @param catalog the state of {@code g0}
   * @param groups told of each
   */
  GroupKeeper(
      String nodeId,
      RevisionReader catalog,
      GroupStates states,
      RaftNode raft,
      Services services,
      StoreGroups groups) {
    this.catalog = catalog;
    this.states = states;
    this.raft = raft;
    this.services = services;
    this.groups = groups;
    thread =
        new ThreadPoolExecutor(
            0,
            1,
            1,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread made = new Thread(task, nodeId + "-groups");
              made.setDaemon(true);
              return made;
            },
            new ThreadPoolExecutor.DiscardPolicy());
  }

  /** Looks now, and at each change. */
  void start(StateEvents events) {
    events.addListener(this);
    catalogChanged();
  }

  @Override
  public void catalogChanged() {
    if (!catalog.catalog().isEmpty()) {
      thread.execute(this::look);
    }
  }

  @Override
  public void replaced() {
    catalogChanged();
  }

  @Override
  public void committed(StorageId storage, List<TransactionRecord> transactions) {
    // Says nothing about groups.
  }

  private void look() {
    GroupCatalog now = catalog.catalog();
    try {
      for (String name : now.dropped()) {
        if (gone.add(name)) {
          drop(name);
        }
      }
      for (GroupInfo group : now.groups()) {
        // The state of g0 may be older than what this node did before it was ended.
        if (known.add(group.name()) && !raft.isDropped(group.name())) {
          open(group);
        }
      }
    } catch (IOException | RuntimeException e) {
      if (!thread.isShutdown()) {
        raft.broken(e);
      }
    }
  }

  /** From the outside in: nobody asks for what is being deleted. */
  private void drop(String group) throws IOException {
    boolean had = groups.remove(group).isPresent();
    StoreService service;
    synchronized (opened) {
      service = opened.remove(group);
    }
    if (service != null) {
      service.close();
    }
    raft.drop(group);
    states.drop(group);
    if (had) {
      logger.info("Group {} was dropped; what this node had of it is deleted", group);
    }
  }

  private void open(GroupInfo group) throws IOException {
    StateEvents events = new StateEvents();
    StorageGroup state = states.open(group.name(), events);
    var unused = state.whenDamaged().thenAccept(raft::broken);
    RaftGroup part = raft.open(group, state);
    StoreService service = services.create(part, state, events);
    synchronized (opened) {
      opened.put(group.name(), service);
    }
    groups.add(service);
    logger.info("This node has a part in group {}", group.name());
  }

  /** Opens no more, and ends the services; the parts themselves end with Raft. */
  @Override
  public void close() {
    thread.shutdown();
    try {
      if (!thread.awaitTermination(CLOSE_SECONDS_MAX, TimeUnit.SECONDS)) {
        logger.warn("A group is still being opened after {} s", CLOSE_SECONDS_MAX);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    synchronized (opened) {
      opened.values().forEach(StoreService::close);
      opened.clear();
    }
  }
}
