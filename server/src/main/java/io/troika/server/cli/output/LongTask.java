package io.troika.server.cli.output;

import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** A progress bar on standard error, if that is a terminal; nothing otherwise. */
public final class LongTask implements TransactionProgress, AutoCloseable {
  private static final int UPDATE_MILLIS = 200;
  private static final long MIB = 1 << 20;

  private final String name;
  private final String unit;
  private final long unitSize;
  private @Nullable ProgressBar bar;

  /** Counts bytes. */
  public LongTask(String name) {
    this(name, " MiB", MIB);
  }

  private LongTask(String name, String unit, long unitSize) {
    this.name = name;
    this.unit = unit;
    this.unitSize = unitSize;
  }

  /** Counts things, of which there is one name. */
  public static LongTask counting(String name, String things) {
    return new LongTask(name, " " + things, 1);
  }

  @Override
  public void advanced(long position, long end) {
    if (!Terminal.isAttached()) {
      return;
    }
    ProgressBar shown = bar;
    if (shown == null) {
      shown =
          new ProgressBarBuilder()
              .setTaskName(name)
              .setInitialMax(end)
              .setUnit(unit, unitSize)
              .setStyle(ProgressBarStyle.ASCII)
              .setUpdateIntervalMillis(UPDATE_MILLIS)
              .build();
      bar = shown;
    }
    shown.stepTo(position);
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
