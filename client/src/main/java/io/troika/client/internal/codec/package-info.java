/** Generated messages to client types and back; pure functions. */
@NullMarked
package io.troika.client.internal.codec;

import org.jspecify.annotations.NullMarked;
