package io.troika.server.raft.files;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.SmallDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServerConfigKeys.Log.CorruptionPolicy;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.server.storage.RaftStorageMetadata;
import org.apache.ratis.util.SizeInBytes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which raft-meta can be relied on, and how one that can't comes to be. */
class VoteRecordTest {
  private static final int DISK_MEBIBYTES = 1;

  @TempDir Path group;

  /** Why this class exists: if it fails, Ratis keeps the old record, and nothing gets lost. */
  @Test
  void changeOfTermOnAFullDisk_leavesAnEmptyRecord() throws Exception {
    assertThat(SmallDisk.run(group, DISK_MEBIBYTES, FullDiskVote.class))
        .containsExactly("No space left on device", "lost: true, bytes: 0");
  }

  @Test
  void isLost_recordOfRatis_isWhole() throws Exception {
    ratisWrites(12, "n2");

    assertThat(VoteRecord.isLost(group)).isFalse();
  }

  @Test
  void isLost_newMemberWithoutVote_isWhole() throws Exception {
    try (RaftStorage storage = storage(group, RaftStorage.StartupOption.FORMAT)) {
      storage.initialize();
    }

    assertThat(VoteRecord.isLost(group)).isFalse();
  }

  /** A cut within the number would else be read as another term. */
  @Test
  void isLost_recordCutAnywhere() throws Exception {
    ratisWrites(12, "n2");
    byte[] whole = Files.readAllBytes(record());
    for (int bytes = 0; bytes < whole.length; bytes++) {
      Files.write(record(), Arrays.copyOf(whole, bytes));

      assertThat(VoteRecord.isLost(group)).as("%s bytes", bytes).isTrue();
    }
  }

  @Test
  void isLost_recordOverwritten() throws Exception {
    Files.createDirectories(group.resolve("current"));
    for (String content :
        new String[] {"\0\0\0\0\n", "term=x\nvotedFor=n1\n", "term=-1\nvotedFor=n1\n", "\\u12\n"}) {
      Files.writeString(record(), content);

      assertThat(VoteRecord.isLost(group)).as(content).isTrue();
    }
  }

  @Test
  void isLost_recordIsMissing_onlyIfThereIsALog() throws Exception {
    assertThat(VoteRecord.isLost(group)).isFalse();
    Files.createDirectories(group.resolve("current"));
    assertThat(VoteRecord.isLost(group)).isFalse();

    Files.writeString(group.resolve("current").resolve("log_inprogress_0"), "RaftLog1");

    assertThat(VoteRecord.isLost(group)).isTrue();
  }

  @Test
  void write_isReadByRatis() throws Exception {
    ratisWrites(3, "n2");
    Files.write(record(), new byte[0]);

    VoteRecord.write(group, 7, "knoten:ä=1");

    assertThat(VoteRecord.isLost(group)).isFalse();
    try (RaftStorage storage = storage(group, RaftStorage.StartupOption.RECOVER)) {
      storage.initialize();
      assertThat(storage.getMetadataFile().getMetadata())
          .isEqualTo(RaftStorageMetadata.valueOf(7, RaftPeerId.valueOf("knoten:ä=1")));
    }
  }

  private Path record() {
    return group.resolve("current").resolve("raft-meta");
  }

  private void ratisWrites(long term, String votedFor) throws IOException {
    try (RaftStorage storage = storage(group, RaftStorage.StartupOption.FORMAT)) {
      storage.initialize();
      storage
          .getMetadataFile()
          .persist(RaftStorageMetadata.valueOf(term, RaftPeerId.valueOf(votedFor)));
    }
    assertThat(Files.readString(record(), UTF_8)).contains("term=" + term);
  }

  static RaftStorage storage(Path directory, RaftStorage.StartupOption option) throws IOException {
    return RaftStorage.newBuilder()
        .setDirectory(directory.toFile())
        .setOption(option)
        .setLogCorruptionPolicy(CorruptionPolicy.EXCEPTION)
        .setStorageFreeSpaceMin(SizeInBytes.valueOf(0))
        .build();
  }
}
