/** What a node does before its disk is full. */
@NullMarked
package io.troika.server.raft.diskspace;

import org.jspecify.annotations.NullMarked;
