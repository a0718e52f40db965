package io.troika.server.service.pack;

import io.troika.server.core.model.Oid;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A set of oids in little memory: of each run of 65,536 oids that has one, either the sorted low
 * halves, 2 bytes each, or, from {@value #SORTED_MAX} on, one bit for each oid of the run. Oids
 * that were handed out one after the other take 1 bit each; strewn ones about {@value #CHUNK_BYTES}
 * bytes each at worst. Not thread-safe.
 */
final class OidSet {
  private static final int SORTED_MAX = 4_096;
  private static final int SORTED_MIN = 4;
  private static final int BITS = 1 << 16;
  private static final int WORDS = BITS / Long.SIZE;
  private static final int CHUNK_BYTES = 120;

  private final TreeMap<Long, Chunk> chunks = new TreeMap<>(Long::compareUnsigned);
  private long bytes;

  /** About how much memory it takes. */
  long bytes() {
    return bytes;
  }

  boolean isEmpty() {
    return chunks.isEmpty();
  }

  boolean contains(Oid oid) {
    @Nullable Chunk chunk = chunks.get(oid.value() >>> 16);
    return chunk != null && chunk.contains((int) oid.value() & (BITS - 1));
  }

  /** Returns whether it was not in the set before. */
  boolean add(Oid oid) {
    Chunk chunk =
        chunks.computeIfAbsent(
            oid.value() >>> 16,
            high -> {
              Chunk first = new Chunk();
              bytes += CHUNK_BYTES + first.bytes();
              return first;
            });
    long before = chunk.bytes();
    boolean added = chunk.add((int) oid.value() & (BITS - 1));
    bytes += chunk.bytes() - before;
    return added;
  }

  /**
   * Takes out the first oid that is not less than {@code from}, or, if there is none, the very
   * first; null when the set is empty.
   */
  @Nullable Oid pollFrom(Oid from) {
    long high = from.value() >>> 16;
    @Nullable Oid found = poll(chunks.get(high), high, (int) from.value() & (BITS - 1));
    if (found == null) {
      Map.@Nullable Entry<Long, Chunk> next = chunks.higherEntry(high);
      if (next == null) {
        next = chunks.firstEntry();
      }
      found = next == null ? null : poll(next.getValue(), next.getKey(), 0);
    }
    return found;
  }

  private @Nullable Oid poll(@Nullable Chunk chunk, long high, int from) {
    int low = chunk == null ? -1 : chunk.next(from);
    if (chunk == null || low < 0) {
      return null;
    }
    long before = chunk.bytes();
    chunk.remove(low);
    bytes += chunk.bytes() - before;
    if (chunk.size == 0) {
      chunks.remove(high);
      bytes -= CHUNK_BYTES + chunk.bytes();
    }
    return new Oid(high << 16 | low);
  }

  /** The oids of one run, by their low 16 bits. */
  private static final class Chunk {
    private char[] sorted = new char[SORTED_MIN];
    private long @Nullable [] bits;
    private int size;

    long bytes() {
      return bits == null ? 2L * sorted.length : WORDS * (long) Long.BYTES;
    }

    boolean contains(int low) {
      return bits == null
          ? Arrays.binarySearch(sorted, 0, size, (char) low) >= 0
          : (bits[low >>> 6] & 1L << low) != 0;
    }

    boolean add(int low) {
      if (bits == null && size == SORTED_MAX) {
        long[] all = new long[WORDS];
        for (int i = 0; i < size; i++) {
          all[sorted[i] >>> 6] |= 1L << sorted[i];
        }
        bits = all;
        sorted = new char[0];
      }
      boolean added = bits == null ? addSorted(low) : addBit(bits, low);
      size += added ? 1 : 0;
      return added;
    }

    private static boolean addBit(long[] bits, int low) {
      boolean added = (bits[low >>> 6] & 1L << low) == 0;
      bits[low >>> 6] |= 1L << low;
      return added;
    }

    private boolean addSorted(int low) {
      int at = Arrays.binarySearch(sorted, 0, size, (char) low);
      if (at >= 0) {
        return false;
      }
      if (size == sorted.length) {
        sorted = Arrays.copyOf(sorted, Math.min(SORTED_MAX, 2 * size));
      }
      int place = -at - 1;
      System.arraycopy(sorted, place, sorted, place + 1, size - place);
      sorted[place] = (char) low;
      return true;
    }

    /** The first one that is not less, or -1. */
    int next(int from) {
      if (bits == null) {
        int at = Arrays.binarySearch(sorted, 0, size, (char) from);
        int place = at >= 0 ? at : -at - 1;
        return place < size ? sorted[place] : -1;
      }
      long word = bits[from >>> 6] & -1L << from;
      for (int index = from >>> 6; ; word = bits[index]) {
        if (word != 0) {
          return index << 6 | Long.numberOfTrailingZeros(word);
        }
        if (++index == WORDS) {
          return -1;
        }
      }
    }

    void remove(int low) {
      size--;
      if (bits != null) {
        bits[low >>> 6] &= ~(1L << low);
        return;
      }
      int at = Arrays.binarySearch(sorted, 0, size + 1, (char) low);
      System.arraycopy(sorted, at + 1, sorted, at, size - at);
    }
  }
}
