@org.jspecify.annotations.NullMarked
package io.troika.client;
