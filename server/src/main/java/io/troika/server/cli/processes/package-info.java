/** Nodes as processes of this machine, for {@code dev} and {@code demo}. */
@NullMarked
package io.troika.server.cli.processes;

import org.jspecify.annotations.NullMarked;
