/** Digests by which replicas are compared, whatever store they keep their state in. */
@NullMarked
package io.troika.server.core.digest;

import org.jspecify.annotations.NullMarked;
