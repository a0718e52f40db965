/** Why something was not done: your mistake, not now, outcome unknown. */
@NullMarked
package io.troika.server.service.refusals;

import org.jspecify.annotations.NullMarked;
