/** What all parts of the client share; not for users. */
@NullMarked
package io.troika.client.internal;

import org.jspecify.annotations.NullMarked;
