/** Who may do what on this node, for all of its fronts; see DESIGN.md. */
@NullMarked
package io.troika.server.access;

import org.jspecify.annotations.NullMarked;
