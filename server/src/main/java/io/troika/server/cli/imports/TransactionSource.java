package io.troika.server.cli.imports;

import io.troika.client.RestoredTransaction;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Transactions in tid order, from wherever they are kept. */
public interface TransactionSource {

  /** The next one, or null after the last. */
  @Nullable RestoredTransaction next() throws IOException, ImportException;

  /** How far the source is read, in bytes. */
  long positionBytes();
}
