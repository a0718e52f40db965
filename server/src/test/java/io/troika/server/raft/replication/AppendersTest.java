package io.troika.server.raft.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AppendersTest {
  private final Appenders appenders = new Appenders();
  private final List<String> told = new ArrayList<>();

  private Appenders.Appender appender(String follower, String name) {
    return new Appenders.Appender() {
      @Override
      public String follower() {
        return follower;
      }

      @Override
      public Duration silence() {
        return Duration.ZERO;
      }

      @Override
      public void replace() {
        throw new IllegalStateException("nobody asks for that");
      }

      @Override
      public void tellSoon() {
        told.add(name);
      }
    };
  }

  @Test
  void tell_theFollowerThatIsWaitedFor_noOthersAndNoneThatIsGone() {
    Appenders.Appender gone = appender("n2", "of an earlier term");
    appenders.add(gone);
    appenders.add(appender("n2", "n2"));
    appenders.add(appender("n3", "n3"));
    appenders.remove(gone);

    appenders.tell("n2");
    appenders.tell("n9");

    assertThat(told).containsExactly("n2");
  }
}
