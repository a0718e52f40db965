package io.troika.client.internal.connection;

import io.troika.client.LeaderInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The leaders of all Raft groups, by the storage that a call is about. In which group a storage is
 * is learned from what nodes say: each hint names its group. Until then it is looked for in the
 * group that a cluster begins with, whose leader says better if it does not lead the right one too.
 * Safe for any thread; a tracker is made when its group is first heard of.
 */
final class GroupLeaders {
  private final Function<String, LeaderTracker> maker;
  private final Map<String, LeaderTracker> trackers = new ConcurrentHashMap<>();
  private final Map<String, String> groups = new ConcurrentHashMap<>();
  private final List<Follower> followers = new ArrayList<>(); // guarded by itself
  private volatile boolean closed;

  /** Who wants to hear of the leaders of one storage. */
  private record Follower(String storage, Consumer<LeaderInfo> consumer) {}

  /**
   * @param maker of the tracker of a group, by its name
   */
  GroupLeaders(Function<String, LeaderTracker> maker) {
    this.maker = maker;
  }

  /** That of the group that a cluster begins with. */
  LeaderTracker main() {
    return ofGroup(LeaderInfo.MAIN_GROUP);
  }

  LeaderTracker ofGroup(String group) {
    LeaderTracker known = trackers.get(group);
    if (known != null) {
      return known;
    }
    LeaderTracker tracker =
        trackers.computeIfAbsent(
            group,
            name -> {
              LeaderTracker made = maker.apply(name);
              made.follow(leader -> changed(name, leader));
              return made;
            });
    if (closed) {
      tracker.close();
    }
    return tracker;
  }

  /**
   * @param storage empty: of a call that is about none
   */
  LeaderTracker ofStorage(String storage) {
    return ofGroup(groupOf(storage));
  }

  /** That which a call is to follow. */
  LeaderTracker of(CallPlan plan) {
    return plan.group().isEmpty() ? ofStorage(plan.storage()) : ofGroup(plan.group());
  }

  /** The name of the group whose leader a call is to follow. */
  String groupOf(CallPlan plan) {
    return plan.group().isEmpty() ? groupOf(plan.storage()) : plan.group();
  }

  private String groupOf(String storage) {
    return groups.getOrDefault(storage, LeaderInfo.MAIN_GROUP);
  }

  /** A node has answered about a storage with this hint, and so said in which group it is. */
  void learn(String storage, LeaderInfo hint) {
    if (storage.isEmpty() || hint.term() == 0) {
      return; // no hint
    }
    if (!hint.group().equals(groupOf(storage))) {
      groups.put(storage, hint.group());
      LeaderInfo leader = ofGroup(hint.group()).current();
      if (leader.isKnown()) {
        tell(storage, leader);
      }
    }
  }

  /** A node that was asked about a storage says that it does not lead, and perhaps who does. */
  void refused(CallPlan plan, String address, LeaderInfo hint) {
    LeaderTracker asked = of(plan);
    learn(plan.storage(), hint);
    LeaderTracker right = of(plan);
    if (asked == right) {
      right.refused(address, hint);
    } else {
      // It was asked as the leader of another group, which it may well lead.
      right.hinted(address, hint);
    }
  }

  /** A node says who leads the group that it names. */
  void hinted(String from, LeaderInfo hint) {
    ofGroup(hint.group()).hinted(from, hint);
  }

  /** The node can't be reached any more, whatever it led. */
  void lost(String address) {
    trackers.values().forEach(tracker -> tracker.lost(address));
  }

  /** Tells of every new leader of the storage's group from now on. */
  void follow(String storage, Consumer<LeaderInfo> consumer) {
    synchronized (followers) {
      followers.add(new Follower(storage, consumer));
    }
    LeaderTracker unused = ofStorage(storage);
  }

  void unfollow(String storage, Consumer<LeaderInfo> consumer) {
    synchronized (followers) {
      followers.remove(new Follower(storage, consumer));
    }
  }

  private void changed(String group, LeaderInfo leader) {
    followers().stream()
        .filter(follower -> groupOf(follower.storage()).equals(group))
        .forEach(follower -> follower.consumer().accept(leader));
  }

  private void tell(String storage, LeaderInfo leader) {
    followers().stream()
        .filter(follower -> follower.storage().equals(storage))
        .forEach(follower -> follower.consumer().accept(leader));
  }

  private List<Follower> followers() {
    synchronized (followers) {
      return List.copyOf(followers);
    }
  }

  /** Whoever waits for a leader waits no longer. */
  void forget(Runnable waiter) {
    trackers.values().forEach(tracker -> tracker.forget(waiter));
  }

  /** Ends all searches. */
  void close() {
    closed = true;
    trackers.values().forEach(LeaderTracker::close);
  }
}
