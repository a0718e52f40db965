/**
 * OpenTelemetry traces, if {@code tracing.otlp-endpoint} is set: implements what {@code service}
 * declares, and knows where spans are sent.
 */
@NullMarked
package io.troika.server.tracing;

import org.jspecify.annotations.NullMarked;
