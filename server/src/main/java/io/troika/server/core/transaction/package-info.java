/**
 * Plans what a transaction would change: validates reads, writes and deletes against the current
 * serials, resolves restored records. Plans only; {@code StorageCore} carries them out.
 */
@NullMarked
package io.troika.server.core.transaction;

import org.jspecify.annotations.NullMarked;
