/** Asks the leader, from any node, for what only it can do. */
@NullMarked
package io.troika.server.service.leader;

import org.jspecify.annotations.NullMarked;
