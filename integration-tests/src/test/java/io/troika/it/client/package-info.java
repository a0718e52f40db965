/** The Java client against real nodes in this JVM. */
@NullMarked
package io.troika.it.client;

import org.jspecify.annotations.NullMarked;
