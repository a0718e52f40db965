/** Packing: what is no longer needed goes, in steps that are bounded and the same everywhere. */
@NullMarked
package io.troika.server.core.pack;

import org.jspecify.annotations.NullMarked;
