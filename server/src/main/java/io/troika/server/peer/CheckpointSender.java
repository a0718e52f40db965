package io.troika.server.peer;

import com.google.protobuf.UnsafeByteOperations;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.troika.server.core.model.LogPosition;
import io.troika.server.peer.v1.CheckpointHeader;
import io.troika.server.peer.v1.CheckpointPart;
import io.troika.server.peer.v1.Done;
import io.troika.server.peer.v1.FetchCheckpointRequest;
import io.troika.server.peer.v1.FileEnd;
import io.troika.server.peer.v1.FileEntry;
import io.troika.server.peer.v1.FileStart;
import io.troika.server.peer.v1.Preparing;
import io.troika.server.raft.peers.PeerEndpoints;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a checkpoint, sends it to one peer and deletes it. Runs on a thread of its own, which waits
 * while the reader takes nothing; so the memory that it takes is one chunk and what gRPC has not
 * written yet, {@link #BUFFERED_BYTES_MAX}.
 */
final class CheckpointSender implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(CheckpointSender.class);

  /** What gRPC may hold unwritten before the next chunk is read. */
  static final int BUFFERED_BYTES_MAX = 1 << 20;

  private static final long PREPARING_BYTES = 64L << 20;

  private final PeerEndpoints endpoints;
  private final Path directory;
  private final FetchCheckpointRequest request;
  private final ServerCallStreamObserver<CheckpointPart> reader;
  private final PeerSettings settings;
  private final Object ready = new Object();
  private long comparedBytes;
  private long comparedReported;

  /**
   * To be run once. Must be made inside the call's handler, where its callbacks can still be set.
   *
   * @param directory where the checkpoint is made; must not exist
   */
  CheckpointSender(
      PeerEndpoints endpoints,
      Path directory,
      FetchCheckpointRequest request,
      ServerCallStreamObserver<CheckpointPart> reader,
      PeerSettings settings) {
    this.endpoints = endpoints;
    this.directory = directory;
    this.request = request;
    this.reader = reader;
    this.settings = settings;
    reader.setOnReadyThreshold(BUFFERED_BYTES_MAX);
    reader.setOnReadyHandler(this::wake);
    reader.setOnCancelHandler(this::wake);
  }

  private void wake() {
    synchronized (ready) {
      ready.notifyAll();
    }
  }

  /** The reader is gone or takes nothing. */
  private static final class ReaderLostException extends IOException {
    private static final long serialVersionUID = 1L;

    ReaderLostException(String message) {
      super(message);
    }
  }

  @Override
  public void run() {
    String peer = request.getHello().getFrom();
    try {
      LogPosition position =
          endpoints.of(PeerService.groupOf(request.getGroup())).checkpoint(directory);
      send(position);
      reader.onCompleted();
      LOG.info("checkpoint {} is sent to {}", position, peer);
    } catch (ReaderLostException lost) {
      LOG.info("checkpoint for {}: {}", peer, lost.getMessage());
      refuse(Status.CANCELLED, lost);
    } catch (InterruptedException closing) {
      Thread.currentThread().interrupt();
      refuse(Status.UNAVAILABLE, closing);
    } catch (IOException | RuntimeException failure) {
      LOG.warn("checkpoint for {} failed", peer, failure);
      refuse(Status.INTERNAL, failure);
    } finally {
      cleanUp();
    }
  }

  private void refuse(Status status, Exception cause) {
    if (!reader.isCancelled()) {
      reader.onError(status.withDescription(String.valueOf(cause.getMessage())).asException());
    }
  }

  private void cleanUp() {
    try {
      CheckpointFiles.delete(directory);
    } catch (IOException left) {
      // The start of the server deletes it; until then it only takes space.
      LOG.warn("checkpoint {} can't be deleted", directory, left);
    }
  }

  private void send(LogPosition position) throws IOException, InterruptedException {
    SortedMap<String, Path> files = CheckpointFiles.in(directory);
    Set<String> kept = compare(files);
    long sentBytes = 0;
    for (Map.Entry<String, Path> file : files.entrySet()) {
      sentBytes += kept.contains(file.getKey()) ? 0 : Files.size(file.getValue());
    }
    CheckpointHeader header =
        CheckpointHeader.newBuilder()
            .setPosition(Messages.toMessage(position))
            .setFileCount(files.size())
            .setSentBytes(sentBytes)
            .build();
    send(CheckpointPart.newBuilder().setHeader(header).build());
    for (Map.Entry<String, Path> file : files.entrySet()) {
      sendFile(file.getKey(), file.getValue(), kept.contains(file.getKey()));
    }
    send(CheckpointPart.newBuilder().setDone(Done.getDefaultInstance()).build());
  }

  /** The files that the reader has already, by content; only likely ones are read. */
  private Set<String> compare(SortedMap<String, Path> files)
      throws IOException, InterruptedException {
    Map<String, FileEntry> have = new HashMap<>();
    request.getHaveList().forEach(entry -> have.put(entry.getName(), entry));
    Set<String> kept = new HashSet<>();
    for (Map.Entry<String, Path> file : files.entrySet()) {
      FileEntry entry = have.get(file.getKey());
      if (entry != null && entry.getSizeBytes() == Files.size(file.getValue())) {
        int crc32c = CheckpointFiles.crc32c(file.getValue(), bytes -> comparedBytes += bytes);
        if (entry.getCrc32C() == crc32c) {
          kept.add(file.getKey());
        }
        reportComparing();
      }
    }
    return kept;
  }

  private void reportComparing() throws IOException, InterruptedException {
    if (comparedBytes - comparedReported >= PREPARING_BYTES) {
      comparedReported = comparedBytes;
      send(
          CheckpointPart.newBuilder()
              .setPreparing(Preparing.newBuilder().setComparedBytes(comparedBytes))
              .build());
    }
  }

  private void sendFile(String name, Path file, boolean isKept)
      throws IOException, InterruptedException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      FileStart start =
          FileStart.newBuilder().setName(name).setSizeBytes(size).setKept(isKept).build();
      send(CheckpointPart.newBuilder().setFile(start).build());
      if (!isKept) {
        FileEnd end = FileEnd.newBuilder().setCrc32C(sendBytes(channel, size)).build();
        send(CheckpointPart.newBuilder().setEnd(end).build());
      }
    }
  }

  private int sendBytes(FileChannel channel, long size) throws IOException, InterruptedException {
    CRC32C crc = new CRC32C();
    long left = size;
    while (left > 0) {
      awaitReady();
      byte[] chunk = new byte[(int) Math.min(left, settings.chunkBytes())];
      ByteBuffer buffer = ByteBuffer.wrap(chunk);
      while (buffer.hasRemaining()) {
        if (channel.read(buffer) < 0) {
          throw new IOException("a file of the checkpoint became shorter while it was read");
        }
      }
      crc.update(chunk);
      // The array is never written again, so the message may hold it as it is.
      reader.onNext(
          CheckpointPart.newBuilder().setChunk(UnsafeByteOperations.unsafeWrap(chunk)).build());
      left -= chunk.length;
    }
    return (int) crc.getValue();
  }

  private void send(CheckpointPart part) throws IOException, InterruptedException {
    awaitReady();
    reader.onNext(part);
  }

  private void awaitReady() throws IOException, InterruptedException {
    long deadlineNanos = System.nanoTime() + settings.sendTimeout().toNanos();
    synchronized (ready) {
      while (reader.isCancelled() || !reader.isReady()) {
        long leftNanos = deadlineNanos - System.nanoTime();
        if (reader.isCancelled()) {
          throw new ReaderLostException("its reader has gone");
        }
        if (leftNanos <= 0) {
          throw new ReaderLostException(
              "its reader took nothing for %s".formatted(settings.sendTimeout()));
        }
        TimeUnit.NANOSECONDS.timedWait(ready, leftNanos);
      }
    }
  }
}
