package io.troika.server.service.ports;

import io.troika.server.core.CommitListener;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.TransactionRecord;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Passes on what the applying thread announces. Made first, because the core needs its listener
 * before there is a log, and what listens needs the log.
 *
 * <p>Announcements come from one thread at a time; listeners must not block.
 */
public final class StateEvents implements CommitListener {
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();

  /** What is heard of the applied state. */
  public interface Listener {
    /** Transactions became visible at once: at least one; in tid order within their storage. */
    void committed(StorageId storage, List<TransactionRecord> transactions);

    /** A storage is gone. Whoever asks for it by name may find another one. */
    default void dropped(StorageId storage) {}

    /** Which groups there are, or what is in them, has changed. */
    default void catalogChanged() {}

    /** The whole state is another one now: nothing heard before tells what changed. */
    void replaced();
  }

  /** Tells one more listener, from now on. */
  public void addListener(Listener listener) {
    listeners.add(listener);
  }

  @Override
  public void storageCreated(StorageState storage) {
    // Nobody can wait for a storage before it is there.
  }

  @Override
  public void committed(StorageId storage, List<TransactionRecord> transactions) {
    listeners.forEach(listener -> listener.committed(storage, transactions));
  }

  @Override
  public void storageDropped(StorageId storage) {
    listeners.forEach(listener -> listener.dropped(storage));
  }

  @Override
  public void catalogChanged() {
    listeners.forEach(Listener::catalogChanged);
  }

  /**
   * To be called after a received checkpoint was installed in place of the state, before the next
   * entry is applied.
   */
  public void replaced() {
    listeners.forEach(Listener::replaced);
  }
}
