package io.troika.server.front.zeo;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.model.Tid;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A node that stops lets its clients finish what they have voted. */
final class LeavingTest {
  private final SessionFixture fixture = new SessionFixture();
  private final Deque<Runnable> tasks = new ArrayDeque<>();
  private boolean later;
  private final FakeClient client =
      FakeClient.registered(
          fixture.withExecutor(
              task -> {
                if (later) {
                  tasks.add(task);
                } else {
                  task.run();
                }
              }));

  @AfterEach
  void stop() {
    later = false;
    runTasks();
    client.close();
    fixture.close();
  }

  private void runTasks() {
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
    }
  }

  private long voted() {
    long number = client.begin();
    client.store(number, 1, Tid.NONE, "a");
    assertThat(client.ask("vote", number)).isEqualTo(List.of());
    return number;
  }

  @Test
  void leave_nothingVoted_endsAtOnce() {
    long number = client.begin();
    client.store(number, 1, Tid.NONE, "a");

    assertThat(client.leave()).isCompleted();
    assertThat(client.connection.closedWhy()).isEqualTo("this node stops");
  }

  @Test
  void leave_voted_endsOnceTheFinishIsAnswered() {
    long number = voted();
    CompletableFuture<Void> left = client.leave();
    assertThat(left).isNotDone();
    assertThat(client.connection.closedWhy()).isNull();

    later = true;
    assertThat(client.ask("tpc_finish", number)).isNotNull();
    runTasks();

    assertThat(left).isCompleted();
    assertThat(client.connection.closedWhy()).isEqualTo("this node stops");
  }

  @Test
  void leave_votedAndAborted_ends() {
    long number = voted();
    CompletableFuture<Void> left = client.leave();
    client.ask("tpc_abort", number);

    assertThat(left).isCompleted();
  }

  @Test
  void leave_votedAndTheFinishFails_ends() {
    long number = voted();
    fixture.node.log.loseLeader(2);
    fixture.node.commitElsewhere(1, Tid.NONE, "b");
    fixture.node.log.lead(3);
    CompletableFuture<Void> left = client.leave();
    assertThat(left).isNotDone();

    long finish = client.call("tpc_finish", number);

    assertThat(client.errorClass(finish)).isEqualTo("ZODB.POSException.ConflictError");
    assertThat(left).isCompleted();
  }

  @Test
  void leave_voteStillWaits_isNeverAnswered() {
    FakeClient other = fixture.client();
    long first = other.begin();
    other.store(first, 1, Tid.NONE, "b");
    other.ask("vote", first);
    long second = client.begin();
    client.store(second, 1, Tid.NONE, "a");
    long vote = client.call("vote", second);

    later = true;
    assertThat(client.leave()).isNotDone();
    other.ask("tpc_abort", first);
    assertThat(client.isAnswered(vote)).isFalse();
    other.commit(1, Tid.NONE, "its locks are free");
    runTasks();

    assertThat(client.connection.closedWhy()).isEqualTo("this node stops");
    other.close();
  }
}
