// The port to the operating system's key store: a shell that has one gives it to the core, which knows no system's own.

export interface OpenedSecret {
  readonly secret: string;
  /** Whether the store has a newer key and wants the secret sealed again. */
  readonly isRenewalDue: boolean;
}

/** Seals what only this account of this computer shall open. Nothing is asked of the system before `prepare`. */
export interface SecretStore {
  /**
   * Gets the store ready; the system may ask the person to unlock it.
   * @returns its name for a person, or null where the system has no store that protects anything
   */
  prepare(): Promise<string | null>;
  /** @throws when the store refuses */
  seal(secret: string): Promise<Uint8Array>;
  /** @throws when the store is locked, or what was sealed is not its own */
  open(sealed: Uint8Array): Promise<OpenedSecret>;
}
