/**
 * The deterministic core: applies log entries to a storage, answers reads at a tid. No I/O, no
 * clock, no threads, no randomness; state is reached through the ports of this package.
 */
@NullMarked
package io.troika.server.core;

import org.jspecify.annotations.NullMarked;
