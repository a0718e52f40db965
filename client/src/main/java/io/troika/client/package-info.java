/**
 * The Java client of Troika. Start at {@link io.troika.client.TroikaClient}; one unit of work is
 * {@link io.troika.client.ObjectStore#run}; what goes wrong is a {@link
 * io.troika.client.TroikaException}. Everything under {@code internal} may change any day.
 */
@NullMarked
package io.troika.client;

import org.jspecify.annotations.NullMarked;
