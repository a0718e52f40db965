package io.troika.server.cli;

import io.troika.server.cli.imports.TransactionProgress;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** A progress bar on standard error, if that is a terminal; nothing otherwise. */
final class LongTask implements TransactionProgress, AutoCloseable {
  private static final int UPDATE_MILLIS = 200;
  private static final long MIB = 1 << 20;

  private final String name;
  private @Nullable ProgressBar bar;

  LongTask(String name) {
    this.name = name;
  }

  @Override
  public void advanced(long positionBytes, long fileSizeBytes) {
    if (!Terminal.isAttached()) {
      return;
    }
    ProgressBar shown = bar;
    if (shown == null) {
      shown =
          new ProgressBarBuilder()
              .setTaskName(name)
              .setInitialMax(fileSizeBytes)
              .setUnit(" MiB", MIB)
              .setStyle(ProgressBarStyle.ASCII)
              .setUpdateIntervalMillis(UPDATE_MILLIS)
              .build();
      bar = shown;
    }
    shown.stepTo(positionBytes);
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
