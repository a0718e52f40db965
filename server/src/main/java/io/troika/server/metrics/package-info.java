/**
 * What a node counts and measures, as Prometheus reads it. Implements listeners that the packages
 * declare which it observes, so that these know nothing of it. Every name is in {@code
 * server/docs/metrics.md}.
 */
@NullMarked
package io.troika.server.metrics;

import org.jspecify.annotations.NullMarked;
