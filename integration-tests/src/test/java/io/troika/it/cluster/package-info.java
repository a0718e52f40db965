/**
 * Clusters of real processes on loopback, and what an operating system can do to them: SIGKILL,
 * SIGTERM, SIGSTOP and SIGCONT, a wiped disk.
 */
@NullMarked
package io.troika.it.cluster;

import org.jspecify.annotations.NullMarked;
