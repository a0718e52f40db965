/** Blobs, and other data that goes through the log ahead of its transaction, in chunks. */
@NullMarked
package io.troika.server.service.blobs;

import org.jspecify.annotations.NullMarked;
