package io.troika.server.front.zeo.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.util.ArrayDeque;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * The frames on their way to one client. Netty writes at once what its event loop writes, and later
 * what others do, so it keeps no order between the two; this queue does: frames leave in the order
 * of {@link #add}, whoever calls it.
 *
 * <p>Safe for any thread. The monitor guards the state and is held for a few steps only.
 */
final class Outgoing {
  private final Channel channel;
  private final long bytesHigh;
  private final long bytesLow;
  private final long bytesMax;
  private final Runnable onWritabilityChanged;

  private ArrayDeque<ByteBuf> queue = new ArrayDeque<>(); // guarded by this
  private boolean drainDue; // guarded by this
  private long unsentBytes; // guarded by this
  private boolean closed; // guarded by this
  private volatile boolean writable = true; // written under this

  /**
   * @param onWritabilityChanged called on the event loop after {@link #isWritable} has changed,
   *     perhaps more than once
   */
  Outgoing(Channel channel, ZeoListenerSettings settings, Runnable onWritabilityChanged) {
    this.channel = channel;
    this.bytesHigh = settings.unsentBytesHigh();
    this.bytesLow = settings.unsentBytesHigh() / 4;
    this.bytesMax = settings.unsentBytesMax();
    this.onWritabilityChanged = onWritabilityChanged;
  }

  boolean isWritable() {
    return writable;
  }

  /**
   * Sends the frame, or drops it if this is closed.
   *
   * @param frame given away
   * @return false if so much is waiting already that the client must be cut off
   */
  boolean add(ByteBuf frame) {
    boolean schedule;
    boolean turned;
    synchronized (this) {
      if (closed || unsentBytes > bytesMax) {
        frame.release();
        return closed;
      }
      queue.add(frame);
      unsentBytes += frame.readableBytes();
      turned = writable && unsentBytes > bytesHigh;
      writable = writable && !turned;
      schedule = !drainDue;
      drainDue = true;
    }
    if (schedule) {
      onLoop(this::drain);
    }
    if (turned) {
      onLoop(onWritabilityChanged);
    }
    return true;
  }

  private void onLoop(Runnable task) {
    try {
      channel.eventLoop().execute(task);
    } catch (RejectedExecutionException e) {
      close(); // the loop has ended, and all its connections with it
    }
  }

  /** Writes all that is queued, with one flush. On the event loop. */
  private void drain() {
    ArrayDeque<ByteBuf> batch = takeQueue();
    if (batch == null) {
      return;
    }
    for (ByteBuf frame : batch) {
      int bytes = frame.readableBytes();
      channel.write(frame).addListener(written -> sent(bytes));
    }
    channel.flush();
  }

  private synchronized @Nullable ArrayDeque<ByteBuf> takeQueue() {
    drainDue = false;
    if (queue.isEmpty()) {
      return null;
    }
    ArrayDeque<ByteBuf> batch = queue;
    queue = new ArrayDeque<>();
    return batch;
  }

  /** So many bytes were taken by the client's socket, or never will be. On the event loop. */
  private void sent(int bytes) {
    synchronized (this) {
      unsentBytes -= bytes;
      if (writable || unsentBytes > bytesLow || closed) {
        return;
      }
      writable = true;
    }
    onWritabilityChanged.run();
  }

  /** Writes what is queued, as far as the socket takes it, and closes the channel. */
  void drainAndClose() {
    onLoop(
        () -> {
          drain();
          close();
          var unused = channel.close();
        });
  }

  /** Drops what is queued and all that is added later. */
  void close() {
    ArrayDeque<ByteBuf> dropped;
    synchronized (this) {
      closed = true;
      dropped = queue;
      queue = new ArrayDeque<>();
    }
    dropped.forEach(ByteBuf::release);
  }
}
