/**
 * Who the other nodes are, and what a node asks of them over the side channel: the port that {@code
 * io.troika.server.peer} implements.
 */
@NullMarked
package io.troika.server.raft.peers;

import org.jspecify.annotations.NullMarked;
