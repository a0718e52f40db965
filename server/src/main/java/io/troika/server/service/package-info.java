/**
 * What a front may ask of a node, whatever protocol it speaks: commits and two-phase sessions,
 * reads at a tid, the newest tid, oid blocks, outcomes, invalidations. Owns the ports through which
 * it reaches the log and the cluster.
 */
@NullMarked
package io.troika.server.service;

import org.jspecify.annotations.NullMarked;
