/** How commands become log entries: they wait, are put together, and are given to Ratis. */
@NullMarked
package io.troika.server.raft.entries;

import org.jspecify.annotations.NullMarked;
