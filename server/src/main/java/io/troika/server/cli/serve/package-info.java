/** Starts nodes: {@code serve}, {@code dev}. */
@NullMarked
package io.troika.server.cli.serve;

import org.jspecify.annotations.NullMarked;
