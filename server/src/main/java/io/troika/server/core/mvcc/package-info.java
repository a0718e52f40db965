/** Which revision a reader sees: current, before a tid, at a serial, through history. */
@NullMarked
package io.troika.server.core.mvcc;

import org.jspecify.annotations.NullMarked;
