/** Timers and threads that the Raft adapter runs its own work on, beside those of Ratis. */
@NullMarked
package io.troika.server.raft.threads;

import org.jspecify.annotations.NullMarked;
