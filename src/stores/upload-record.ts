/** An object that is being put in parts, for a process that goes on with it. */
export interface UploadRecord {
  /** The store's name for it. */
  readonly id: string;
  readonly bytes: number;
  readonly sha256: string | null;
  readonly partBytes: number;
}
