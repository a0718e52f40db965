/**
 * What Ratis knows of this node's part of a group (it calls that a division), in our words: role,
 * voters, log, how far it is applied.
 */
@NullMarked
package io.troika.server.raft.division;

import org.jspecify.annotations.NullMarked;
