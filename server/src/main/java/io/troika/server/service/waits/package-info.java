/** Bounded waits: for a leader, and until something is applied here. */
@NullMarked
package io.troika.server.service.waits;

import org.jspecify.annotations.NullMarked;
