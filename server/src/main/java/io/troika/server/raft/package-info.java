/**
 * The Apache Ratis adapter: submits log entries, applies them to the {@link
 * io.troika.server.raft.state.ReplicatedState}, proves leadership, detects crashed leaders, takes
 * and installs snapshots. The only package that sees {@code org.apache.ratis}.
 */
@NullMarked
package io.troika.server.raft;

import org.jspecify.annotations.NullMarked;
