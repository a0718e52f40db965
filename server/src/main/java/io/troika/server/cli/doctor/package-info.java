/**
 * {@code troika doctor}: asks every node what it says of itself and of the others, and finds what
 * is wrong in that. Each check is a class of its own, without input or output.
 */
@NullMarked
package io.troika.server.cli.doctor;

import org.jspecify.annotations.NullMarked;
