/** A network of its own for one test, whose links can be cut, made of the kernel's namespaces. */
@NullMarked
package io.troika.it.network;

import org.jspecify.annotations.NullMarked;
