package io.troika.server.backup;

/** Bytes of a backup are not those that were written. */
public final class DamagedBackupException extends BackupException {
  private static final long serialVersionUID = 1L;

  private final transient Damage damage;

  DamagedBackupException(Damage damage) {
    super(damage.toString());
    this.damage = damage;
  }

  /** Where, and what was found. */
  public Damage damage() {
    return damage;
  }
}
