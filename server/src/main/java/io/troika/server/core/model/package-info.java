/** Values of the storage domain: immutable, checked when built, free of any I/O. */
@NullMarked
package io.troika.server.core.model;

import org.jspecify.annotations.NullMarked;
