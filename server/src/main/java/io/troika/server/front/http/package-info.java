/** What monitoring asks a node over HTTP: health, and what else it is given pages for. */
@NullMarked
package io.troika.server.front.http;

import org.jspecify.annotations.NullMarked;
