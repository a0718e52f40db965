/**
 * How entries get to the followers, also to those that lag, are silent, come back or have no room.
 */
@NullMarked
package io.troika.server.raft.replication;

import org.jspecify.annotations.NullMarked;
