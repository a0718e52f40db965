/**
 * What time it is for the cluster: the clocks of all nodes against each other, so that a wrong one
 * dates nothing. Why: {@code server/docs/adr/0011-the-time-of-the-cluster.md}.
 */
@NullMarked
package io.troika.server.raft.clock;

import org.jspecify.annotations.NullMarked;
