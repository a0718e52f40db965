package io.troika.server.service.commit;

import static io.troika.server.service.ServiceFixture.done;
import static io.troika.server.service.ServiceFixture.failure;
import static io.troika.server.service.ServiceFixture.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.Tid;
import io.troika.server.service.ServiceFixture;
import io.troika.server.service.ports.FakeLog;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.refusals.NotLeaderException;
import io.troika.server.service.refusals.RequestRefusedException;
import io.troika.server.service.refusals.StoppingException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a change of leader and the end of a node mean for transactions on their way. */
final class CommitLeadershipTest {
  private final ServiceFixture fixture = new ServiceFixture();
  private final FakeLog log = fixture.log;
  private final TransactionService transactions = fixture.transactions();

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void commit_notLeader_isRefusedWithTheLeader() {
    log.follow(2);
    Throwable failure = failure(fixture.commit(fixture.writing(write(1, Tid.NONE, "a"))));
    assertThat(((NotLeaderException) failure).leadership().leader()).isEqualTo("n2");
  }

  @Test
  void vote_wouldBeRefusedButLeadershipIsNotProved_isNotNow() {
    fixture.commit(1, Tid.NONE, "a");
    log.failProofs(new NotLeaderException(new Leadership(2, "n2", "", false)));
    assertThat(failure(fixture.vote(fixture.writing(write(1, new Tid(Long.MAX_VALUE - 1), "b")))))
        .isInstanceOf(NotLeaderException.class);
  }

  @Test
  void leadershipLost_sessionsAndWaitersAreDropped() {
    TransactionRequest voted = fixture.writing(write(1, Tid.NONE, "a"));
    done(fixture.vote(voted));
    CompletableFuture<TransactionOutcome> waiting =
        fixture.commit(fixture.writing(write(1, Tid.NONE, "b")));

    log.follow(2);

    assertThat(failure(waiting)).isInstanceOf(NotLeaderException.class);
    assertThat(failure(transactions.finish(voted.id()))).isInstanceOf(NotLeaderException.class);
  }

  @Test
  void leadershipRegained_startsClean() {
    TransactionRequest voted = fixture.writing(write(1, Tid.NONE, "a"));
    done(fixture.vote(voted));
    log.follow(2);
    log.lead(3);

    assertThat(done(fixture.commit(fixture.writing(write(1, Tid.NONE, "b")))))
        .isInstanceOf(Committed.class);
    assertThat(failure(transactions.finish(voted.id())))
        .isInstanceOf(RequestRefusedException.class);
  }

  @Test
  void leadershipLost_submittedIsAnsweredByTheLog() {
    log.hold();
    CompletableFuture<TransactionOutcome> submitted =
        fixture.commit(fixture.writing(write(1, Tid.NONE, "a")));
    log.follow(2);
    assertThat(submitted).isNotDone();
    log.release();
    assertThat(done(submitted)).isInstanceOf(Committed.class);
  }

  /** An answer of an old term must not free what a new term has locked. */
  @Test
  void oldAnswer_afterANewTerm_leavesItsLocksAlone() {
    log.hold();
    var unused = fixture.commit(fixture.writing(write(1, Tid.NONE, "a")));
    log.follow(2);
    log.lead(3);
    TransactionRequest inNewTerm = fixture.writing(write(1, Tid.NONE, "b"));
    done(fixture.vote(inNewTerm));

    log.release();

    assertThat(fixture.commit(fixture.writing(write(1, Tid.NONE, "c")))).isNotDone();
  }

  @Test
  void commit_leadershipNotAnnouncedYet_isTakenFromTheLog() {
    log.follow(2);
    log.changeSilently(new Leadership(3, "n1", "127.0.0.1:7401", true));
    assertThat(done(fixture.commit(fixture.writing(write(1, Tid.NONE, "a")))))
        .isInstanceOf(Committed.class);
  }

  @Test
  void close_sessionsAndWaitersAreTold() {
    done(fixture.vote(fixture.writing(write(1, Tid.NONE, "a"))));
    CompletableFuture<TransactionOutcome> waiting =
        fixture.commit(fixture.writing(write(1, Tid.NONE, "b")));
    fixture.service.close();
    assertThat(failure(waiting)).isInstanceOf(StoppingException.class);
    assertThat(failure(fixture.commit(fixture.writing(write(2, Tid.NONE, "c")))))
        .isInstanceOf(StoppingException.class);
  }
}
