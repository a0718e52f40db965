/**
 * Parts of messages that more than one service answers with: each field of them is set in one
 * place.
 */
@NullMarked
package io.troika.server.messages;

import org.jspecify.annotations.NullMarked;
