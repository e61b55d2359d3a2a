/** How objects are encrypted by the store: with its own keys, or with those of a key service. */
export type S3Encryption = { readonly kind: 'AES256' } | { readonly kind: 'aws:kms'; readonly keyId?: string };

/** A bucket and how to reach it; plain data, so that a worker thread can be given it. */
export interface S3Settings {
  readonly driver: 's3';
  readonly bucket: string;
  /** Absent: AWS itself. */
  readonly endpoint?: string;
  readonly region: string;
  /** Put before every key as it stands. */
  readonly prefix: string;
  /** Absent: the SDK's own chain (environment, profiles, roles). */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string };
  /** The bucket in the path instead of the host name; absent: where an endpoint is given. */
  readonly forcePathStyle?: boolean;
  /** For stores that take only parts of one size (R2). */
  readonly equalParts?: boolean;
  readonly encryption?: S3Encryption;
}
