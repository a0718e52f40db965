package io.troika.server.raft.state;

import io.troika.server.core.model.LogPosition;
import io.troika.server.raft.division.DivisionView;
import io.troika.server.raft.threads.RaftThreads;
import java.io.IOException;
import java.time.Duration;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto.NotificationProto;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.protocol.RaftServerProtocol;
import org.apache.ratis.server.protocol.TermIndex;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that a checkpoint that was fetched is put in place, also when no leader asks again.
 */
public final class InstallNudge {
  private static final Duration PAUSE = Duration.ofSeconds(1);
  private static final Logger log = LoggerFactory.getLogger(InstallNudge.class);

  private final DivisionView view;
  private final CheckpointInstall install;
  private final RaftThreads threads;
  private volatile boolean stopped;

  public InstallNudge(DivisionView view, CheckpointInstall install, RaftThreads threads) {
    this.view = view;
    this.install = install;
    this.threads = threads;
  }

  public void stop() {
    stopped = true;
  }

  public void later(TermIndex firstAvailable, LogPosition fetched) {
    var unused =
        threads
            .timer()
            .schedule(() -> threads.worker().execute(() -> nudge(firstAvailable, fetched)), PAUSE);
  }

  /**
   * Ratis puts a fetched checkpoint in place when the leader asks the next time. A new leader may
   * have no reason to ask, and refusing its appends meanwhile would go on for ever; so this node
   * asks itself, in the name of the present leader. Only for the checkpoint that was fetched then:
   * a later one answers another request, and Ratis refuses to take this for that.
   */
  private void nudge(TermIndex firstAvailable, LogPosition fetched) {
    if (stopped || !install.isReady(fetched)) {
      return;
    }
    RaftPeerId leader = view.division().getInfo().getLeaderId();
    if (leader != null && !leader.equals(view.division().getId())) {
      try {
        var unused =
            ((RaftServerProtocol) view.division().getRaftServer())
                .installSnapshot(
                    InstallSnapshotRequestProto.newBuilder()
                        .setServerRequest(view.requestFrom(leader))
                        .setLeaderTerm(view.term())
                        .setNotification(
                            NotificationProto.newBuilder()
                                .setFirstAvailableTermIndex(firstAvailable.toProto()))
                        .build());
      } catch (IOException e) {
        log.warn("a fetched checkpoint could not be put in place yet", e);
      }
    }
    later(firstAvailable, fetched);
  }
}
