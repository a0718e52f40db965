/**
 * The containers of {@code docker/compose.yml} under load. They need a Docker engine, so these
 * tests run only when they are asked for; see {@code docker/README.md}.
 */
@NullMarked
package io.troika.it.compose;

import org.jspecify.annotations.NullMarked;
