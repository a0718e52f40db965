/** Tests of leader tracking and the retry loop. */
@NullMarked
package io.troika.client.internal.connection;

import org.jspecify.annotations.NullMarked;
