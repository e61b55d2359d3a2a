/** What was stored of an upload is gone or was changed by somebody else: it can neither go on nor be committed, and its session ends (404). */
export class UploadLostError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'UploadLostError';
  }
}

/** The bytes are more than storage takes in one object (413). `limit`: the largest blob in bytes. */
export class BlobTooLargeError extends Error {
  constructor(readonly limit: number) {
    super(`a blob can have at most ${limit} bytes here`);
    this.name = 'BlobTooLargeError';
  }
}
