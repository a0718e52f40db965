/**
 * Operators who log in to the status page: who they are, and what they have done; see DESIGN.md.
 */
@NullMarked
package io.troika.server.operator;

import org.jspecify.annotations.NullMarked;
