/**
 * ZEO clients: their protocol over the same service as the other fronts. See {@code
 * session/DESIGN.md}.
 */
@NullMarked
package io.troika.server.front.zeo;

import org.jspecify.annotations.NullMarked;
