interface CatalogEntry {
  readonly code: string;
  readonly status: number;
  readonly message: string;
  readonly retryAfterSeconds?: number;
}

const CATALOG = {
  blobUnknown: { code: 'BLOB_UNKNOWN', status: 404, message: 'blob unknown to registry' },
  blobInUse: { code: 'UNSUPPORTED', status: 405, message: 'blob is referenced by manifests of this repository' },
  rangeUnsatisfiable: { code: 'SIZE_INVALID', status: 416, message: 'requested range lies outside the blob' },
  uploadUnknown: { code: 'BLOB_UPLOAD_UNKNOWN', status: 404, message: 'blob upload unknown to registry' },
  uploadInvalid: { code: 'BLOB_UPLOAD_INVALID', status: 400, message: 'blob upload invalid' },
  uploadOutOfOrder: { code: 'BLOB_UPLOAD_INVALID', status: 416, message: 'chunk does not start at the session offset' },
  uploadSuperseded: { code: 'BLOB_UPLOAD_INVALID', status: 416, message: 'another request has taken this upload over' },
  uploadInterrupted: { code: 'SIZE_INVALID', status: 400, message: 'request body ended early or stalled; the stored part can be resumed' },
  sizeInvalid: { code: 'SIZE_INVALID', status: 400, message: 'provided length did not match content length' },
  blobTooLarge: { code: 'SIZE_INVALID', status: 413, message: 'blob exceeds the largest size this registry stores' },
  digestInvalid: { code: 'DIGEST_INVALID', status: 400, message: 'digest is malformed or its algorithm is not supported' },
  digestMismatch: { code: 'DIGEST_INVALID', status: 400, message: 'provided digest did not match uploaded content' },
  manifestUnknown: { code: 'MANIFEST_UNKNOWN', status: 404, message: 'manifest unknown to registry' },
  manifestInvalid: { code: 'MANIFEST_INVALID', status: 400, message: 'manifest invalid' },
  manifestTooLarge: { code: 'MANIFEST_INVALID', status: 413, message: 'manifest exceeds 4 MiB' },
  manifestReferenceUnknown: {
    code: 'MANIFEST_BLOB_UNKNOWN',
    status: 400,
    message: 'manifest references blobs or manifests unknown to registry',
  },
  manifestInUse: { code: 'UNSUPPORTED', status: 405, message: 'manifest is referenced by an image index of this repository' },
  tagInvalid: { code: 'MANIFEST_INVALID', status: 400, message: 'tag is malformed' },
  tagImmutable: { code: 'DENIED', status: 403, message: 'a rule of the repository keeps the tag as it is' },
  nameInvalid: { code: 'NAME_INVALID', status: 400, message: 'invalid repository name' },
  nameUnknown: { code: 'NAME_UNKNOWN', status: 404, message: 'repository name not known to registry' },
  queryInvalid: { code: 'UNSUPPORTED', status: 400, message: 'a query parameter is malformed' },
  requestInvalid: { code: 'UNSUPPORTED', status: 400, message: 'the request is malformed' },
  headersTooLarge: { code: 'UNSUPPORTED', status: 431, message: 'the headers of the request are too large' },
  headersTooSlow: { code: 'UNSUPPORTED', status: 408, message: 'the headers of the request took too long' },
  expectationUnknown: { code: 'UNSUPPORTED', status: 417, message: 'nothing but 100-continue can be expected' },
  resourceUnknown: { code: 'UNSUPPORTED', status: 404, message: 'no such resource' },
  methodUnsupported: { code: 'UNSUPPORTED', status: 405, message: 'the method is not supported by this resource' },
  storageFull: {
    code: 'UNAVAILABLE',
    status: 503,
    message: 'the registry is short of disk space; uploads are paused',
    retryAfterSeconds: 60,
  },
  verdictPending: {
    code: 'UNAVAILABLE',
    status: 503,
    message: 'the upload is still being verified; repeat the request',
    retryAfterSeconds: 5,
  },
  busy: { code: 'UNAVAILABLE', status: 503, message: 'the registry has too much to do; repeat the request', retryAfterSeconds: 5 },
  unavailable: { code: 'UNAVAILABLE', status: 503, message: 'a service the registry needs is unavailable', retryAfterSeconds: 5 },
  unknown: { code: 'UNKNOWN', status: 500, message: 'unknown error' },
} as const satisfies Record<string, CatalogEntry>;

/** Our finer names for what can go wrong; several share one code of the distribution spec. */
export type ErrorKind = keyof typeof CATALOG;

/** Every kind with its spec code ("Error Codes"), HTTP status, message and, for what passes by itself, the seconds to wait. */
export const errorCatalog: Readonly<Record<ErrorKind, CatalogEntry>> = CATALOG;

/** What a client is told: one entry of the catalogue, with a `detail` that says where; anything else that is thrown is a bug and a bare 500. */
export class RegistryError extends Error {
  constructor(
    readonly kind: ErrorKind,
    readonly detail?: Readonly<Record<string, unknown>>,
    options?: ErrorOptions,
  ) {
    super(CATALOG[kind].message, options);
    this.name = 'RegistryError';
  }

  get entry(): CatalogEntry {
    return errorCatalog[this.kind];
  }
}
