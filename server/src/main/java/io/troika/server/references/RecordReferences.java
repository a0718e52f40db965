package io.troika.server.references;

import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.pack.ReferenceFinder;
import io.troika.server.core.pack.UnreadableReferencesException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The references of ZODB data records: two pickles, plain or as zc.zlibstorage writes them, {@code
 * .z} and a zlib stream. No other wrapping is known; such a record cannot be read.
 *
 * <p>What this finds is part of how a log entry is applied: a change of it for a record that could
 * be read before is a change of the log's format.
 */
public final class RecordReferences implements ReferenceFinder {
  /** A record that grows beyond this is refused; what is stored is at most a log entry. */
  static final int INFLATED_BYTES_MAX = 64 << 20;

  private static final int COPY_BYTES = 16 << 10;

  @Override
  public List<Oid> references(Bytes data) throws UnreadableReferencesException {
    byte[] record = isCompressed(data) ? inflated(data) : data.toByteArray();
    if (record.length == 0) {
      throw new UnreadableReferencesException("it is empty");
    }
    PickleBytes input = new PickleBytes(record);
    List<Oid> oids = new ArrayList<>();
    new PickleScanner(input, oids).scan();
    return oids;
  }

  private static boolean isCompressed(Bytes data) {
    // A pickle never begins with a dot: it would end there.
    return data.size() >= 2 && data.at(0) == '.' && data.at(1) == 'z';
  }

  private static byte[] inflated(Bytes data) throws UnreadableReferencesException {
    Inflater inflater = new Inflater();
    try {
      inflater.setInput(data.slice(2, data.size() - 2).asByteBuffer());
      byte[] record = new byte[Math.max(COPY_BYTES, data.size())];
      int size = 0;
      while (!inflater.finished()) {
        if (size == record.length) {
          if (size >= INFLATED_BYTES_MAX) {
            throw new UnreadableReferencesException(
                "it inflates to more than " + INFLATED_BYTES_MAX + " bytes");
          }
          record = Arrays.copyOf(record, Math.min(2 * size, INFLATED_BYTES_MAX));
        }
        int read = inflater.inflate(record, size, record.length - size);
        if (read == 0 && !inflater.finished()) {
          throw new UnreadableReferencesException("its zlib stream is cut off");
        }
        size += read;
      }
      return Arrays.copyOf(record, size);
    } catch (DataFormatException e) {
      throw new UnreadableReferencesException("its zlib stream is damaged: " + e.getMessage());
    } finally {
      inflater.end();
    }
  }
}
