/**
 * Stand before Ratis's own port and look at each message: what is let through, held back or
 * answered here.
 */
@NullMarked
package io.troika.server.raft.guards;

import org.jspecify.annotations.NullMarked;
