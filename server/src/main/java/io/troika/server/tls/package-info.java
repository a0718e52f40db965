/** Keys and certificates of a node's connections; see DESIGN.md. */
@NullMarked
package io.troika.server.tls;

import org.jspecify.annotations.NullMarked;
