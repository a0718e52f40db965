package io.troika.server.raft.files;

import io.troika.server.config.NodeConfig.MemberConfig;
import io.troika.server.raft.division.GroupPeers;
import io.troika.server.raft.peers.Membership;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.thirdparty.com.google.protobuf.InvalidProtocolBufferException;
import org.apache.ratis.util.ProtoUtils;

/**
 * The file in which Ratis keeps the newest configuration that it has applied, for the time when the
 * log does not reach back to it any more.
 *
 * <pre>
 * current/raft-meta.conf   a log entry with a configuration, as Ratis's protobuf
 * </pre>
 */
public final class StoredConfiguration {
  private StoredConfiguration() {}

  /** What the file says; {@link Membership#NONE} without one, or when it can't be read. */
  public static Membership read(Path groupDirectory, Map<String, MemberConfig> configured)
      throws IOException {
    Path file = file(groupDirectory);
    if (!Files.exists(file)) {
      return Membership.NONE;
    }
    LogEntryProto entry;
    try (InputStream in = Files.newInputStream(file)) {
      entry = LogEntryProto.parseFrom(in);
    } catch (InvalidProtocolBufferException e) {
      return Membership.NONE; // Ratis ignores it too: see "A lost vote" in arrival/DESIGN.md
    }
    return new Membership(
        entry.getIndex(),
        entry.getConfigurationEntry().getOldPeersCount() == 0,
        entry.getConfigurationEntry().getPeersList().stream()
            .map(ProtoUtils::toRaftPeer)
            .map(peer -> GroupPeers.toMember(peer, configured))
            .flatMap(Optional::stream)
            .toList());
  }

  /** Writes what another node knows, for one that has only its state; durable on return. */
  public static void write(Path groupDirectory, long term, Membership membership)
      throws IOException {
    RaftConfigurationProto.Builder configuration = RaftConfigurationProto.newBuilder();
    configuration.addAllPeers(
        ProtoUtils.toRaftPeerProtos(GroupPeers.toPeers(membership.members())));
    LogEntryProto entry =
        LogEntryProto.newBuilder()
            .setTerm(term)
            .setIndex(membership.index())
            .setConfigurationEntry(configuration)
            .build();
    DurableFiles.replace(file(groupDirectory), entry.toByteArray());
  }

  private static Path file(Path groupDirectory) {
    return groupDirectory.resolve("current").resolve("raft-meta.conf");
  }
}
