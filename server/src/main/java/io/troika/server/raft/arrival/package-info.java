/** How a node gets into its group that has an empty directory, or has lost its vote. */
@NullMarked
package io.troika.server.raft.arrival;

import org.jspecify.annotations.NullMarked;
