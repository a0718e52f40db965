/** Tests of the translation of messages. */
@NullMarked
package io.troika.client.internal.codec;

import org.jspecify.annotations.NullMarked;
