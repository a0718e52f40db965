package io.troika.server.filestorage;

/** What a reader has counted so far. */
final class ReadTotals {
  private long transactions;
  private long undoneTransactions;
  private long records;
  private long dataBytes;
  private long dataSizeMax;
  private long transactionSizeMax;

  void transaction(long sizeBytes) {
    transactions++;
    transactionSizeMax = Math.max(transactionSizeMax, sizeBytes);
  }

  void undoneTransaction() {
    undoneTransactions++;
  }

  void record(long dataSize) {
    records++;
    dataBytes += dataSize;
    dataSizeMax = Math.max(dataSizeMax, dataSize);
  }

  long transactions() {
    return transactions;
  }

  long undoneTransactions() {
    return undoneTransactions;
  }

  long records() {
    return records;
  }

  long dataBytes() {
    return dataBytes;
  }

  long dataSizeMax() {
    return dataSizeMax;
  }

  long transactionSizeMax() {
    return transactionSizeMax;
  }
}
