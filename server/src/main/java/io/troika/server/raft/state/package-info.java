/**
 * Applies committed entries to the {@link io.troika.server.raft.state.ReplicatedState}, takes
 * snapshots of it, and puts one in place that came from another node.
 */
@NullMarked
package io.troika.server.raft.state;

import org.jspecify.annotations.NullMarked;
