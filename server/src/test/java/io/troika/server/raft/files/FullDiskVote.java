package io.troika.server.raft.files;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.server.storage.RaftStorageMetadata;

/** Lets Ratis note a vote on a full disk; says how it failed and what it left. */
final class FullDiskVote {
  private FullDiskVote() {}

  /** Argument: the small disk. */
  public static void main(String[] arguments) throws IOException {
    Path disk = Path.of(arguments[0]);
    Path group = Files.createDirectory(disk.resolve("group"));
    try (RaftStorage storage = VoteRecordTest.storage(group, RaftStorage.StartupOption.FORMAT)) {
      storage.initialize();
      persist(storage, 5, "n1");
      fill(disk.resolve("ballast"));
      try {
        persist(storage, 6, "n2");
        System.out.println("written");
      } catch (IOException e) {
        System.out.println(e.getMessage());
      }
    }
    System.out.println(
        "lost: %s, bytes: %s"
            .formatted(
                VoteRecord.isLost(group),
                Files.size(group.resolve("current").resolve("raft-meta"))));
  }

  private static void persist(RaftStorage storage, long term, String votedFor) throws IOException {
    storage
        .getMetadataFile()
        .persist(RaftStorageMetadata.valueOf(term, RaftPeerId.valueOf(votedFor)));
  }

  private static void fill(Path file) throws IOException {
    try (OutputStream out = Files.newOutputStream(file)) {
      byte[] block = new byte[4096];
      while (Files.getFileStore(file).getUsableSpace() > 0) {
        out.write(block);
      }
    }
  }
}
