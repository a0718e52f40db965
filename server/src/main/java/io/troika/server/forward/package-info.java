/**
 * This node as a client of the node that leads: what a front of a follower must ask the leader goes
 * there over its ordinary client port. Implements the port {@code LeaderCalls} of {@code service}.
 */
@NullMarked
package io.troika.server.forward;

import org.jspecify.annotations.NullMarked;
