package io.troika.server.operator;

import io.troika.server.access.Caller;

/**
 * Who is at the other end of a connection to the status page.
 *
 * @param address its IP address
 * @param certificate whom it showed a certificate of; {@link Caller#ANYBODY} without one
 * @param secured whether the connection has TLS
 * @param local whether the page was asked for by a name that only this machine has for itself
 */
public record Visitor(String address, Caller certificate, boolean secured, boolean local) {}
