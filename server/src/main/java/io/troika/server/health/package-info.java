/**
 * What a node says of its own health: whether it is alive, and whether it is ready to serve, with
 * the reason. Asked by the fronts, which tell it in their own tongues.
 */
@NullMarked
package io.troika.server.health;

import org.jspecify.annotations.NullMarked;
