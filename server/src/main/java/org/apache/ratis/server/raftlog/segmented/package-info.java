/**
 * What needs Ratis's own sight of its log: only classes of this package can make a task for the
 * thread that writes it.
 */
@NullMarked
package org.apache.ratis.server.raftlog.segmented;

import org.jspecify.annotations.NullMarked;
