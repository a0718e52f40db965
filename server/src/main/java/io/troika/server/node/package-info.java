/**
 * The wiring: makes a node out of the parts, starts them in order and stops them in order. The one
 * package that knows all others; knows no command line.
 */
@NullMarked
package io.troika.server.node;

import org.jspecify.annotations.NullMarked;
