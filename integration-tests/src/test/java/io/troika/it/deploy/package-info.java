/**
 * The files in {@code docker} by which others start nodes, as far as they can be checked without
 * them.
 */
@NullMarked
package io.troika.it.deploy;

import org.jspecify.annotations.NullMarked;
