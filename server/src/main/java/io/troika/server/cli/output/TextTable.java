package io.troika.server.cli.output;

import java.util.ArrayList;
import java.util.List;

/**
 * Rows under headings, each column as wide as its widest cell, numbers to the right; all of it
 * plain text.
 */
public final class TextTable {
  private static final String GAP = "  ";

  private final List<List<String>> rows = new ArrayList<>();
  private final boolean[] rightAligned;

  /**
   * Begins a table.
   *
   * @param headings one a column; one that begins with {@code >} aligns its column to the right
   */
  public TextTable(String... headings) {
    rightAligned = new boolean[headings.length];
    List<String> first = new ArrayList<>();
    for (int i = 0; i < headings.length; i++) {
      rightAligned[i] = headings[i].startsWith(">");
      first.add(rightAligned[i] ? headings[i].substring(1) : headings[i]);
    }
    rows.add(first);
  }

  public TextTable row(Object... cells) {
    if (cells.length != rightAligned.length) {
      throw new IllegalArgumentException(
          "%s cells in a table of %s columns".formatted(cells.length, rightAligned.length));
    }
    List<String> row = new ArrayList<>();
    for (Object cell : cells) {
      row.add(PlainText.of(String.valueOf(cell)));
    }
    rows.add(row);
    return this;
  }

  public List<String> lines() {
    int[] widths = new int[rightAligned.length];
    for (List<String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    return rows.stream().map(row -> line(row, widths)).toList();
  }

  private String line(List<String> row, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      String cell = row.get(i);
      String padding = " ".repeat(widths[i] - cell.length());
      line.append(i == 0 ? "" : GAP).append(rightAligned[i] ? padding + cell : cell + padding);
    }
    return line.toString().stripTrailing();
  }
}
