package io.troika.client.internal.cache;

import io.troika.client.Bytes;
import io.troika.client.Oid;
import io.troika.client.Revision;
import io.troika.client.Tid;
import java.util.List;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Reads take no lock: whatever runs beside them, what they answer must be what some order of whole
 * operations would have answered.
 */
@Param(name = "oid", gen = IntGen.class, conf = "0:1")
@Param(name = "tid", gen = IntGen.class, conf = "1:6")
public class RevisionCacheLincheckTest {
  private final RevisionCache cache = new RevisionCache(1 << 20);
  private int lastTid = 1;

  public RevisionCacheLincheckTest() {
    cache.begin(1, new Tid(1));
  }

  @Operation
  public @Nullable Long find(@Param(name = "oid") int oid, @Param(name = "tid") int at) {
    Revision found = cache.find(1, new Oid(oid), at);
    return found == null ? null : found.serial().value();
  }

  @Operation
  public void loaded(
      @Param(name = "oid") int oid, @Param(name = "tid") int serial, @Param(name = "tid") int at) {
    Revision revision = new Revision(new Oid(oid), new Tid(serial), Bytes.EMPTY);
    cache.loaded(1, revision, Math.max(serial, at), 0);
  }

  @Operation(nonParallelGroup = "feed")
  public void committed(@Param(name = "oid") int oid) {
    lastTid++;
    cache.committed(1, new Tid(lastTid), List.of(new Oid(oid)));
  }

  @Operation(nonParallelGroup = "feed")
  public boolean verify(@Param(name = "oid") int oid) {
    long since = cache.verified().value();
    lastTid++;
    return cache.verify(1, new Tid(since), new Tid(lastTid), List.of(new Oid(oid))).isPresent();
  }

  @Operation(nonParallelGroup = "feed")
  public void replaceHistory() {
    cache.replaceHistory(new Tid(1));
  }

  @Test
  public void operations_inParallel_areLinearizable() {
    new StressOptions()
        .threads(3)
        .actorsPerThread(3)
        .iterations(12)
        .invocationsPerIteration(400)
        .check(getClass());
  }
}
