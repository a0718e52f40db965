package io.troika.server.front.zeo;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Tid;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** History and undo log, with a FileStorage's answers (zeo-protocol.md §6.2, §11). */
class HistoryCallsTest extends TwoClientsFixture {
  @Test
  void undoLog_isNewestFirstAndUndoInfoFiltersIt() {
    Tid first = two.commit(1, Tid.NONE, "a");
    Tid second = two.commit(1, first, "b");

    List<?> log = FakeClient.list(two.ask("undoLog", 0L, -20L));
    assertThat(log).hasSize(2);
    assertThat(FakeClient.map(log.get(0)).get("user_name")).isEqualTo(Bytes.utf8("joe"));
    assertThat(((List<?>) two.ask("undoLog", 1L, 2L))).isEqualTo(List.of(log.get(1)));
    assertThat(((List<?>) two.ask("undoInfo", 0L, -20L, Map.of("user_name", Bytes.utf8("x")))))
        .isEmpty();
    for (Object last : List.of(1_000_000L, Long.MAX_VALUE, Long.MIN_VALUE)) {
      assertThat(two.ask("undoLog", 0L, last)).as("%s", last).isEqualTo(log);
    }
    assertThat(second).isGreaterThan(first);
  }

  @Test
  void undoLog_firstBelowZero_countsEntriesThatDoNotExist() {
    Tid first = two.commit(1, Tid.NONE, "a");
    two.commit(1, first, "b");

    assertThat(entries("undoLog", -1L, 5L)).isEqualTo(2);
    assertThat(entries("undoInfo", -1L, 1L)).isEqualTo(1);
    assertThat(entries("undoLog", -1L, -2L)).isEqualTo(1);
    assertThat(entries("undoLog", -5L, -1L)).isZero();
    assertThat(entries("undoLog", Long.MIN_VALUE, 5L)).isEqualTo(2);
    assertThat(entries("undoLog", Long.MIN_VALUE, -20L)).isZero();
    assertThat(entries("undoLog", Long.MAX_VALUE, -20L)).isZero();
  }

  private int entries(String method, long first, long last) {
    return FakeClient.list(two.ask(method, first, last)).size();
  }

  @Test
  void history_sizeBelowOne_isEmptyIfThereIsTheObject() {
    two.commit(1, Tid.NONE, "a");

    assertThat(two.ask("history", FakeClient.oid(1), 0L)).isEqualTo(List.of());
    assertThat(two.ask("history", FakeClient.oid(1), -5L)).isEqualTo(List.of());
    assertThat(two.errorClass(two.call("history", FakeClient.oid(2), 0L)))
        .isEqualTo(POS + "POSKeyError");
  }
}
