package io.troika.client;

/**
 * Which storage takes the place of which. What is said of the two is checked when it happens.
 *
 * @param storage the one that goes
 * @param epoch its epoch
 * @param newestMax it holds nothing newer; {@link Tid#NONE}: it is empty; {@link Tid#MAX}: whatever
 *     it holds
 * @param by the one that takes its place
 * @param byLastTid its last transaction
 * @param horizon before it the new history is incomplete; none: it is whole
 * @param description of the transaction with which the new epoch begins
 */
public record StorageReplacement(
    String storage,
    long epoch,
    Tid newestMax,
    String by,
    Tid byLastTid,
    Tid horizon,
    String description) {}
