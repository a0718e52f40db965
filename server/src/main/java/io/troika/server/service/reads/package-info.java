/** Reads: at a tid that this node has applied, or as new as anything that was acknowledged. */
@NullMarked
package io.troika.server.service.reads;

import org.jspecify.annotations.NullMarked;
