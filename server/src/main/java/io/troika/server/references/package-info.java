/** Finds the references in ZODB data records without executing what is in them. */
@NullMarked
package io.troika.server.references;

import org.jspecify.annotations.NullMarked;
