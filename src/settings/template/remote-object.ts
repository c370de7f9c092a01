/** A key of a Kubernetes Secret. */
export interface SecretKey {
  readonly secret: string;
  readonly key: string;
  /** A pod starts without it, too. */
  readonly optional?: true;
}

/** An object of a store, as a template names it. */
export interface RemoteObject {
  /** The bucket or the container, and how it is reached: `s3://bucket?endpoint=…`; for HTTP the object itself. */
  readonly store: string;
  /** Empty for HTTP. */
  readonly key: string;
  /** What a Secret says of the store, by the variables that say it elsewhere. */
  readonly secrets: Readonly<Record<string, SecretKey>>;
}

/** Where outputs go that name no place of their own. */
export interface ArtifactRepository extends Omit<RemoteObject, 'key'> {
  /** How keys begin, with `{job}` and `{artifact}`. */
  readonly keyFormat: string;
}
