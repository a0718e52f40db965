package io.troika.client.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.api.v1.FindLeaderResponse;
import io.troika.api.v1.MemberAddress;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What an answer tells of members, and which answer counts. */
final class MemberListTest {

  private static FindLeaderResponse answer(long index, int members) {
    FindLeaderResponse.Builder answer = FindLeaderResponse.newBuilder().setMembersIndex(index);
    for (int i = 1; i <= members; i++) {
      answer.addMembers(MemberAddress.newBuilder().setNodeId("n" + i).setClientAddress("h:" + i));
    }
    return answer.build();
  }

  @Test
  void of_members_namesThem() {
    assertThat(MemberList.of(answer(5, 2)))
        .isEqualTo(new MemberList(5, Map.of("n1", "h:1", "n2", "h:2")));
  }

  @Test
  void of_moreThanAnyGroupHas_isCut() {
    assertThat(MemberList.of(answer(5, 1_000)).addresses()).hasSize(MemberList.MEMBERS_MAX);
  }

  @Test
  void isNewerThan_laterEntry_counts() {
    MemberList old = MemberList.of(answer(5, 2));

    assertThat(MemberList.of(answer(6, 2)).isNewerThan(old)).isTrue();
    assertThat(MemberList.of(answer(5, 3)).isNewerThan(old)).isFalse();
    assertThat(MemberList.of(answer(9, 0)).isNewerThan(old)).as("says nothing").isFalse();
    assertThat(MemberList.of(answer(0, 1)).isNewerThan(MemberList.UNKNOWN)).isTrue();
  }
}
