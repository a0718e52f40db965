/** Who belongs to a group, and how that changes: nodes are added, replaced and removed. */
@NullMarked
package io.troika.server.raft.members;

import org.jspecify.annotations.NullMarked;
