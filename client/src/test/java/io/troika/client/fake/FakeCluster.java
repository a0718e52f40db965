package io.troika.client.fake;

import com.google.protobuf.ByteString;
import io.troika.api.v1.FindLeaderResponse;
import io.troika.api.v1.LeaderHint;
import io.troika.api.v1.LoadedObject;
import io.troika.api.v1.MemberAddress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;

/**
 * Some nodes on loopback that share one storage and agree at once on who leads; a test says when
 * that changes and what goes wrong.
 */
public final class FakeCluster implements AutoCloseable {
  private final FakeStorage storage = new FakeStorage();
  private final List<FakeNode> nodes = new ArrayList<>();
  private final Map<String, Queue<Fault>> faults = new HashMap<>();
  private final Map<String, AtomicInteger> calls = new HashMap<>();
  private IntFunction<LeaderHint> hints = this::truth;
  private Map<String, String> members = Map.of();
  private long membersIndex;
  private ByteString clusterId = ByteString.EMPTY;
  private boolean knowsSerialsOnly = true;
  private long loadedBytes;
  private int leader;
  private long term = 1;

  public FakeCluster(int size) throws IOException {
    for (int i = 0; i < size; i++) {
      nodes.add(new FakeNode(this, i));
    }
  }

  public FakeStorage storage() {
    return storage;
  }

  public FakeNode node(int index) {
    return nodes.get(index);
  }

  public FakeNode leader() {
    return nodes.get(leaderIndex());
  }

  public synchronized int leaderIndex() {
    return leader;
  }

  public synchronized long term() {
    return term;
  }

  public int size() {
    return nodes.size();
  }

  public String endpoints() {
    return String.join(",", nodes.stream().map(FakeNode::address).toList());
  }

  /** A new term with this leader; -1: an election that is not over. */
  public void elect(int index) {
    synchronized (this) {
      leader = index;
      term++;
    }
    nodes.forEach(FakeNode::tellLeader);
  }

  /** What node i says of who leads, whatever is true. */
  public synchronized void hint(IntFunction<LeaderHint> hint) {
    hints = hint;
  }

  public synchronized void hintTruly() {
    hints = this::truth;
  }

  /** From now on nodes say that these are the members, as of that log entry. */
  public synchronized void members(long index, Map<String, String> addresses) {
    membersIndex = index;
    members = new TreeMap<>(addresses);
  }

  /** From now on nodes say that this is their cluster. */
  public synchronized void clusterId(UUID id) {
    clusterId =
        ByteString.copyFrom(
            ByteBuffer.allocate(2 * Long.BYTES)
                .putLong(id.getMostSignificantBits())
                .putLong(id.getLeastSignificantBits())
                .array());
  }

  synchronized void tellCluster(FindLeaderResponse.Builder answer) {
    answer.setClusterId(clusterId);
  }

  synchronized void tellMembers(FindLeaderResponse.Builder answer) {
    answer.setMembersIndex(membersIndex);
    members.forEach(
        (id, address) ->
            answer.addMembers(MemberAddress.newBuilder().setNodeId(id).setClientAddress(address)));
  }

  /** From now on nodes are of a version that sends the data of objects in any case. */
  public synchronized void forgetSerialsOnly() {
    knowsSerialsOnly = false;
  }

  synchronized boolean knowsSerialsOnly() {
    return knowsSerialsOnly;
  }

  synchronized void loaded(List<LoadedObject> answered) {
    answered.forEach(object -> loadedBytes += object.getData().size());
  }

  /** How much data of objects LoadMany has answered. */
  public synchronized long loadedBytes() {
    return loadedBytes;
  }

  LeaderHint hintOf(int index) {
    IntFunction<LeaderHint> hint;
    synchronized (this) {
      hint = hints;
    }
    return hint.apply(index);
  }

  public synchronized LeaderHint truth(int ignored) {
    LeaderHint.Builder hint = LeaderHint.newBuilder().setTerm(term);
    if (leader >= 0) {
      hint.setNodeId("n" + leader).setClientAddress(nodes.get(leader).address());
    }
    return hint.build();
  }

  /** The next call of that method, at any node, goes wrong so. Several are taken in turn. */
  public synchronized void failNext(String method, Fault fault) {
    faults.computeIfAbsent(method, ignored -> new ArrayDeque<>()).add(fault);
  }

  synchronized Optional<Fault> nextFault(String method, int index) {
    count(method);
    count(method + "@" + index);
    Queue<Fault> queue = faults.get(method);
    return queue == null ? Optional.empty() : Optional.ofNullable(queue.poll());
  }

  private void count(String name) {
    calls.computeIfAbsent(name, ignored -> new AtomicInteger()).incrementAndGet();
  }

  /** How often a method arrived at one node. */
  public int calls(String method, int index) {
    return calls(method + "@" + index);
  }

  /** How often a method arrived at any node. */
  public synchronized int calls(String method) {
    AtomicInteger count = calls.get(method);
    return count == null ? 0 : count.get();
  }

  @Override
  public void close() {
    nodes.forEach(FakeNode::kill);
  }
}
