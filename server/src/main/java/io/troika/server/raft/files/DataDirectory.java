package io.troika.server.raft.files;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.troika.server.core.model.GroupInfo;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServerConfigKeys.Log.CorruptionPolicy;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.server.storage.RaftStorageMetadata;
import org.apache.ratis.util.FileUtils;
import org.apache.ratis.util.SizeInBytes;
import org.jspecify.annotations.Nullable;

/**
 * A node's directory: whose it is, and that nobody else uses it.
 *
 * <pre>
 * lock        held by the process that uses the directory
 * identity    "troika node 1", the node's id, then one line for each group it has been a member of,
 *             one for each that it was removed from or that was dropped, and one that tells when it
 *             came in empty
 * raft/       Ratis's, of g0: one directory, named by the group's UUID
 * groups/     the same for each other group, in a directory that has the group's name: Ratis takes
 *             part in all that it finds in one directory as soon as it is built
 * removed/    what Ratis has put away of groups that this node left
 * incoming/   checkpoints on their way from a peer, by group
 * </pre>
 *
 * <p>The identity lies outside of Ratis's directory so that a lost log is noticed: an empty voter
 * with its old id could vote for a leader that lacks what this node had acknowledged.
 *
 * <p>Safe for any thread: the groups of a node come and go on threads of their own.
 */
public final class DataDirectory implements AutoCloseable {
  private static final String HEADER = "troika node 1";
  private static final String IDENTITY = "identity";
  private static final String ARRIVED = "came in at ";

  private final Path root;
  private final String nodeId;
  private final FileChannel lockChannel;
  private final FileLock lock;

  private DataDirectory(Path root, String nodeId, FileChannel lockChannel, FileLock lock) {
    this.root = root;
    this.nodeId = nodeId;
    this.lockChannel = lockChannel;
    this.lock = lock;
  }

  /**
   * Locks the directory, which is made if it is missing.
   *
   * @throws IOException if another process holds it, or it is another node's
   */
  public static DataDirectory open(Path root, String nodeId) throws IOException {
    Files.createDirectories(root);
    FileChannel channel =
        FileChannel.open(root.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    DataDirectory directory;
    try {
      FileLock lock = tryLock(channel);
      if (lock == null) {
        throw new IOException("directory " + root + " is in use by another process");
      }
      directory = new DataDirectory(root, nodeId, channel, lock);
      directory.checkOwner();
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
    return directory;
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null; // held in this very process
    }
  }

  private void checkOwner() throws IOException {
    List<String> lines = identity();
    if (!lines.isEmpty() && !(lines.size() >= 2 && lines.get(0).equals(HEADER))) {
      throw new IOException(
          "file %s: expected '%s' and a node id, found %s"
              .formatted(identityFile(), HEADER, lines));
    }
    if (!lines.isEmpty() && !lines.get(1).equals(nodeId)) {
      throw new IOException(
          "directory %s belongs to node %s, this is node %s".formatted(root, lines.get(1), nodeId));
    }
  }

  /** Where Ratis keeps its directory of this group. */
  public Path raft(String group) {
    return group.equals(GroupInfo.MAIN)
        ? root.resolve("raft")
        : root.resolve("groups").resolve(group);
  }

  /** Where Ratis finds nothing. */
  public Path noRaft() {
    return raft(GroupInfo.MAIN).resolve("none");
  }

  /** Ratis's directory of one group. */
  public Path groupDirectory(String group, UUID groupId) {
    return raft(group).resolve(groupId.toString());
  }

  public Path removedGroups() {
    return root.resolve("removed");
  }

  public Path incoming(String group) {
    return root.resolve("incoming").resolve(group);
  }

  /** Whether nobody has an identity there. */
  public static boolean isNew(Path root) {
    return Files.notExists(root.resolve(IDENTITY));
  }

  private Path identityFile() {
    return root.resolve(IDENTITY);
  }

  private List<String> identity() throws IOException {
    return Files.exists(identityFile()) ? Files.readAllLines(identityFile(), UTF_8) : List.of();
  }

  /**
   * Checks that the log of a group in which this node has been is still there.
   *
   * @throws IOException if it is gone, or this node was removed from the group
   */
  public void requireLogOf(String group, UUID groupId) throws IOException {
    if (identity().contains(removedLine(group, groupId))) {
      throw new IOException(
          ("node %s was removed from group %s and takes no part any more. To add it anew, remove the"
                  + " whole directory %s, start the node with raft.join = true, and call 'troika node"
                  + " add'")
              .formatted(nodeId, group, root));
    }
    boolean wasMember = isMember(group, groupId);
    Path directory = groupDirectory(group, groupId);
    if (wasMember && isEmpty(directory)) {
      throw new IOException(
          ("node %s was a member of group %s, and its Raft log in %s is gone. Started empty under"
                  + " its old id it could vote away acknowledged transactions. Put the log back, or"
                  + " remove the whole directory %s: then the node fetches all from its peers before"
                  + " it votes again")
              .formatted(nodeId, group, directory, root));
    }
  }

  /** Whether it is noted that this node has been a member of the group. */
  public boolean isMember(String group, UUID groupId) throws IOException {
    return identity().stream().skip(2).anyMatch(line(group, groupId)::equals);
  }

  /**
   * Whether nothing here tells that this node has ever been a member of the group: no identity, and
   * no entry in a log. A node that was ended on its way into the group leaves such a directory too.
   */
  public boolean isFresh(String group, UUID groupId) throws IOException {
    return !isMember(group, groupId) && !hasLog(groupDirectory(group, groupId).resolve("current"));
  }

  /** Whether this directory of Ratis's has a log segment. */
  static boolean hasLog(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return false;
    }
    try (Stream<Path> content = Files.list(directory)) {
      return content.anyMatch(file -> String.valueOf(file.getFileName()).startsWith("log_"));
    }
  }

  /**
   * Makes a Raft directory without entries, of a member that has voted for {@code votedFor} in
   * {@code term}, in place of what a fresh directory may have. Durable on return.
   */
  public void format(String group, UUID groupId, long term, String votedFor) throws IOException {
    discard(group, groupId);
    Path directory = Files.createDirectories(groupDirectory(group, groupId));
    try (RaftStorage storage =
        RaftStorage.newBuilder()
            .setDirectory(directory.toFile())
            .setOption(RaftStorage.StartupOption.FORMAT)
            .setLogCorruptionPolicy(CorruptionPolicy.EXCEPTION)
            .setStorageFreeSpaceMin(SizeInBytes.valueOf(0))
            .build()) {
      storage.initialize();
      storage
          .getMetadataFile()
          .persist(RaftStorageMetadata.valueOf(term, RaftPeerId.valueOf(votedFor)));
    }
    DurableFiles.syncDirectory(directory.resolve("current"));
    DurableFiles.syncDirectory(directory);
    DurableFiles.syncDirectory(raft(group));
  }

  /** Removes what a fresh directory may have of a group's log. */
  public void discard(String group, UUID groupId) throws IOException {
    FileUtils.deleteFully(groupDirectory(group, groupId));
  }

  private static boolean isEmpty(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return true;
    }
    try (Stream<Path> content = Files.list(directory)) {
      return content.findAny().isEmpty();
    }
  }

  /** Notes durably that this node is a member of the group; before it answers any peer. */
  public void recordMember(String group, UUID groupId) throws IOException {
    // Ratis makes its directories and does not sync their parents.
    DurableFiles.syncDirectory(raft(group));
    DurableFiles.syncDirectory(raft(group).resolveSibling("."));
    record(line(group, groupId));
  }

  /** Notes durably that this node is a member no more. */
  public void recordRemoved(String group, UUID groupId) throws IOException {
    record(removedLine(group, groupId));
  }

  /**
   * Notes durably that this node came in with an empty directory, and that all it may have
   * forgotten of other groups is told by the log of g0 up to this index.
   */
  public void recordArrival(long mainIndex) throws IOException {
    record(ARRIVED + mainIndex);
  }

  /** The index of {@link #recordArrival}; -1 if this directory has been there from the start. */
  public long arrivalIndex() throws IOException {
    return identity().stream()
        .filter(line -> line.startsWith(ARRIVED))
        .mapToLong(line -> Long.parseLong(line.substring(ARRIVED.length())))
        .max()
        .orElse(-1);
  }

  /** Notes durably that a group is no more, before anything of it is deleted. */
  public void recordDropped(String group) throws IOException {
    record(droppedLine(group));
  }

  /** Whether that is noted: an older state of g0 may still name the group. */
  public boolean isDropped(String group) throws IOException {
    return identity().contains(droppedLine(group));
  }

  /** Whether there is something of the group here. */
  public boolean has(String group) {
    return Files.exists(raft(group)) || Files.exists(incoming(group));
  }

  /** Deletes what is here of a group that is noted as dropped. */
  public void discardDropped(String group) throws IOException {
    FileUtils.deleteFully(raft(group));
    FileUtils.deleteFully(incoming(group));
  }

  private synchronized void record(String fact) throws IOException {
    List<String> lines = identity();
    if (lines.contains(fact)) {
      return;
    }
    Stream<String> before = lines.isEmpty() ? Stream.of(HEADER, nodeId) : lines.stream();
    String content =
        Stream.concat(before, Stream.of(fact)).map(line -> line + "\n").reduce("", String::concat);
    DurableFiles.replace(identityFile(), content.getBytes(UTF_8));
    DurableFiles.syncDirectory(root);
  }

  private static String line(String group, UUID groupId) {
    return "member of " + group + " " + groupId;
  }

  private static String droppedLine(String group) {
    return "dropped " + group;
  }

  private static String removedLine(String group, UUID groupId) {
    return "removed from " + group + " " + groupId;
  }

  @Override
  public void close() throws IOException {
    lock.release();
    lockChannel.close();
  }
}
