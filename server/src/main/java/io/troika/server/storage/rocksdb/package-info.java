/**
 * The ports of the core over RocksDB: key layout, column families, write batches, checkpoints and
 * the crash-safe replacement of a whole database. The only package that sees {@code org.rocksdb}.
 * See DESIGN.md beside this file.
 */
@NullMarked
package io.troika.server.storage.rocksdb;

import org.jspecify.annotations.NullMarked;
