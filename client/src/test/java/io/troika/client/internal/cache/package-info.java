/** Tests of the cache: tables, a simulation against a naive model of the log, Lincheck, JMH. */
@NullMarked
package io.troika.client.internal.cache;

import org.jspecify.annotations.NullMarked;
