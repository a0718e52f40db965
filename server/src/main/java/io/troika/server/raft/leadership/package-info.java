/**
 * Is this node really the leader, is the leader still alive, who leads next: proof of leadership,
 * crash detection, hand-over and spread.
 */
@NullMarked
package io.troika.server.raft.leadership;

import org.jspecify.annotations.NullMarked;
