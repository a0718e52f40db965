/**
 * The bytes of log entries and outcomes: what the Raft log carries and what is remembered on disk.
 * Private to the server and versioned on its own; the client protocol lives in module {@code api}.
 * See DESIGN.md beside this file.
 */
@NullMarked
package io.troika.server.log;

import org.jspecify.annotations.NullMarked;
