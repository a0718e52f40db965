package io.troika.server.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CommitNewsTest {
  private final CommitNews news = new CommitNews();
  private final List<String> told = new ArrayList<>();

  private CommitNews.Teller teller(String follower, String name) {
    return new CommitNews.Teller() {
      @Override
      public String follower() {
        return follower;
      }

      @Override
      public void tellSoon() {
        told.add(name);
      }
    };
  }

  @Test
  void tell_theFollowerThatIsWaitedFor_noOthersAndNoneThatIsGone() {
    CommitNews.Teller gone = teller("n2", "of an earlier term");
    news.add(gone);
    news.add(teller("n2", "n2"));
    news.add(teller("n3", "n3"));
    news.remove(gone);

    news.tell("n2");
    news.tell("n9");

    assertThat(told).containsExactly("n2");
  }
}
