package io.troika.server.raft;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.config.HostAndPort;
import io.troika.server.config.NodeConfig;
import io.troika.server.config.NodeConfig.LimitsConfig;
import io.troika.server.config.NodeConfig.MemberConfig;
import io.troika.server.config.NodeConfig.StorageConfig;
import java.nio.file.Path;
import java.util.List;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.server.RaftServerConfigKeys.Log.CorruptionPolicy;
import org.junit.jupiter.api.Test;

/**
 * Settings on which acknowledged data depends, and those of pitfalls that only a setting avoids.
 */
class RatisSettingsTest {
  private static RaftProperties settings() {
    HostAndPort address = new HostAndPort("127.0.0.1", 7_000);
    NodeConfig config =
        new NodeConfig(
            "n1",
            Path.of("data"),
            List.of(new MemberConfig("n1", address, address, address)),
            RaftCluster.config(),
            StorageConfig.DEFAULT,
            LimitsConfig.DEFAULT);
    return RatisSettings.of(config, Path.of("data/raft"), Path.of("data/removed"));
  }

  /** Pitfall P2. */
  @Test
  void flushes_areSynchronous() {
    assertThat(RaftServerConfigKeys.Log.asyncFlushEnabled(settings())).isFalse();
    assertThat(RaftServerConfigKeys.Log.unsafeFlushEnabled(settings())).isFalse();
  }

  /** Pitfall P3: 300 ms would be a garbage collection, or a neighbour on the machine. */
  @Test
  void electionTimeouts_areTheConfigured() {
    assertThat(RaftServerConfigKeys.Rpc.timeoutMin(settings()).toIntExact(MILLISECONDS))
        .isEqualTo(500);
    assertThat(RaftServerConfigKeys.Rpc.timeoutMax(settings()).toIntExact(MILLISECONDS))
        .isEqualTo(1_000);
  }

  /** Pitfall P4. */
  @Test
  void damagedLog_isAnException() {
    assertThat(RaftServerConfigKeys.Log.corruptionPolicy(settings()))
        .isEqualTo(CorruptionPolicy.EXCEPTION);
  }

  /** Pitfall P7. */
  @Test
  void stateIsNeverSentByRatis() {
    assertThat(RaftServerConfigKeys.Log.Appender.installSnapshotEnabled(settings())).isFalse();
  }

  /** Pitfall P12: the default would be below /tmp. */
  @Test
  void removedGroups_stayInTheDataDirectory() {
    assertThat(RaftServerConfigKeys.removedGroupsDir(settings()).toPath())
        .isEqualTo(Path.of("data/removed").toAbsolutePath());
  }

  /** The open segment and the cached ones: {@code dev} has three nodes in one heap of 512 MiB. */
  @Test
  void segmentsInTheHeap_areATenthOfIt() {
    long open = RaftServerConfigKeys.Log.segmentSizeMax(settings()).getSize();
    long closed = RaftServerConfigKeys.Log.segmentCacheSizeMax(settings()).getSize();
    assertThat(open + closed).isLessThanOrEqualTo(51L << 20);
  }
}
