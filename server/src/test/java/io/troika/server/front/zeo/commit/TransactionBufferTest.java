package io.troika.server.front.zeo.commit;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.command.Command.Write;
import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StagedData;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.front.zeo.session.BufferBudget;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class TransactionBufferTest {
  private static final int ENTRY_BYTES = 1_000;
  private static final BlobId STAGE = new BlobId(new TransactionId(new UUID(1, 2), 1), 7);

  private final TransactionBuffer buffer =
      new TransactionBuffer(
          new TransactionBuffer.Limits(ENTRY_BYTES, 1 << 20, 1_000), new BufferBudget());
  private final List<Bytes> staged = new ArrayList<>();

  private static Bytes data(int size) {
    return Bytes.utf8("x".repeat(size));
  }

  private void store(long oid, Bytes data) {
    buffer.store(new Write(new Oid(oid), Tid.NONE, data));
  }

  private long spill() {
    return buffer.spill(
        data -> {
          staged.add(data);
          return new StagedData(STAGE, 1 << 17, 0, data.size());
        });
  }

  @Test
  void spill_eachRecord_isHandedOnOnceAndTheNewestOnly() {
    store(1, data(300));
    store(2, data(301));
    store(1, data(302));
    store(3, data(200));
    assertThat(buffer.isFull()).isTrue();
    assertThat(spill()).isEqualTo(803);
    assertThat(staged).containsExactlyInAnyOrder(data(301), data(302), data(200));
    assertThat(buffer.isFull()).isFalse();

    staged.clear();
    store(2, data(150));
    assertThat(spill()).isEqualTo(150);
    assertThat(staged).containsExactly(data(150));
    assertThat(buffer.writes()).allSatisfy(write -> assertThat(write.staged()).isNotNull());
  }

  @Test
  void isFull_onlyDataThatIsTooSmallToStage_isNot() {
    for (int oid = 1; oid <= 20; oid++) {
      store(oid, data(60));
    }
    assertThat(buffer.isFull()).isFalse();

    store(21, data(64));
    assertThat(buffer.isFull()).isTrue();
    assertThat(spill()).isEqualTo(64);
  }
}
