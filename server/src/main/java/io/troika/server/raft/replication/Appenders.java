package io.troika.server.raft.replication;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** What sends entries to the followers while this node leads. Safe for any thread. */
public final class Appenders {
  /** Sends to one follower. Called on any thread; nothing here blocks. */
  interface Appender {
    String follower();

    /** For how long the follower has answered nothing. */
    Duration silence();

    /** Tells at once what is committed, if that is not told. */
    void tellSoon();

    /** Is replaced by another one, which begins with what the follower says that it has. */
    void replace();
  }

  /**
   * The state machine of a group: the only thing of ours that an appender made by Ratis can see.
   */
  public interface Owner {
    Appenders appenders();
  }

  private final Set<Appender> appenders = ConcurrentHashMap.newKeySet();

  void add(Appender appender) {
    appenders.add(appender);
  }

  void remove(Appender appender) {
    appenders.remove(appender);
  }

  boolean has(Appender appender) {
    return appenders.contains(appender);
  }

  void forEach(Consumer<Appender> action) {
    appenders.forEach(action);
  }

  /** Somebody waits for that follower. */
  public void tell(String follower) {
    for (Appender appender : appenders) {
      if (appender.follower().equals(follower)) {
        appender.tellSoon();
      }
    }
  }
}
