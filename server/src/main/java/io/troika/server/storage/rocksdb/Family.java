package io.troika.server.storage.rocksdb;

import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;

/** The column families. {@link Keys} draws their keys, {@link Values} their values. */
enum Family {
  /** The group's own state and that of each storage. RocksDB insists on a family of this name. */
  META("default"),

  REVISIONS("revisions") {
    @Override
    void tune(ColumnFamilyOptions options) {
      options
          .useFixedLengthPrefixExtractor(Keys.OBJECT_PREFIX_BYTES)
          .setMemtablePrefixBloomSizeRatio(MEMTABLE_FILTER_RATIO);
      keepLargeValuesApart(options);
    }
  },

  TRANSACTIONS("transactions"),

  OUTCOMES("outcomes") {
    @Override
    void tune(ColumnFamilyOptions options) {
      // Each commit asks for its own id, which is never there: the filter must say so.
      options
          .setMemtableWholeKeyFiltering(true)
          .setMemtablePrefixBloomSizeRatio(MEMTABLE_FILTER_RATIO);
    }
  },

  /** The outcomes in the order in which they may be forgotten. */
  OUTCOME_EXPIRIES("outcome-expiries"),

  /** The newest pack of each storage. */
  PACKS("packs"),

  /** The chunks of blobs. */
  BLOBS("blobs") {
    @Override
    void tune(ColumnFamilyOptions options) {
      keepLargeValuesApart(options);
    }
  },

  /** What is known of the blobs that revisions have. */
  BLOB_STATES("blob-states"),

  /** What is known of the blobs that are staged. */
  STAGING("staging");

  /** From here on a value lies in a blob file, which compaction does not copy again and again. */
  static final long LARGE_VALUE_BYTES_MIN = 16 << 10;

  private static final double MEMTABLE_FILTER_RATIO = 0.05;
  private static final double GARBAGE_SHARE = 0.5;

  private final String text;

  Family(String text) {
    this.text = text;
  }

  /** Its name in the database. */
  String text() {
    return text;
  }

  private static void keepLargeValuesApart(ColumnFamilyOptions options) {
    options
        .setEnableBlobFiles(true)
        .setMinBlobSize(LARGE_VALUE_BYTES_MIN)
        .setBlobCompressionType(CompressionType.LZ4_COMPRESSION)
        // Switched on and off by BlobFileGarbage; then it begins by itself where half is garbage.
        .setEnableBlobGarbageCollection(false)
        .setBlobGarbageCollectionForceThreshold(GARBAGE_SHARE);
  }

  /** Options of this family alone; what all share is set by {@link RocksDatabase}. */
  void tune(ColumnFamilyOptions options) {}
}
