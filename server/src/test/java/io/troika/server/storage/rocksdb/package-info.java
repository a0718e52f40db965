@NullMarked
package io.troika.server.storage.rocksdb;

import org.jspecify.annotations.NullMarked;
