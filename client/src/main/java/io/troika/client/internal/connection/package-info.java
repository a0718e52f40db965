/**
 * Channels, who leads, and the one loop that sends a request again. The only package that knows
 * gRPC. See {@code DESIGN.md} beside this file.
 */
@NullMarked
package io.troika.client.internal.connection;

import org.jspecify.annotations.NullMarked;
