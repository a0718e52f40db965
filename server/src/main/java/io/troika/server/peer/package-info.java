/**
 * The side channel among peers, beside the Raft protocol: leadership questions, presence,
 * checkpoints. A private gRPC protocol on a port of its own; implements the ports of {@code raft}.
 * See {@code DESIGN.md} beside this file.
 */
@NullMarked
package io.troika.server.peer;

import org.jspecify.annotations.NullMarked;
