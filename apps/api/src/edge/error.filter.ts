import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BlobTooLargeError, StorageError, UploadLostError } from '#cas';
import { DatabaseUnavailableError } from '#metadata';
import { RegistryError } from '#oci';
import type { Logger } from '#platform';
import { sendError } from './send-error.js';
import { allowedMethods } from './routes.js';

/** The only place that turns what was thrown into an answer. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    // A download that breaks in its middle can't be answered any more; it must not look complete.
    if (reply.raw.headersSent) {
      if (!reply.raw.destroyed) this.logger.warn({ url: request.originalUrl, err: thrown }, 'answer cut off');
      reply.raw.destroy();
      return;
    }
    this.answer(this.classify(thrown, request), request, reply);
  }

  private answer(error: RegistryError, request: FastifyRequest, reply: FastifyReply): void {
    if (error.entry.status === 405) reply.header('allow', otherMethods(request).join(', '));
    sendError(request, reply, error);
  }

  private classify(thrown: unknown, request: FastifyRequest): RegistryError {
    if (thrown instanceof RegistryError) return thrown;
    if (thrown instanceof BlobTooLargeError) return new RegistryError('blobTooLarge', { limit: thrown.limit }, { cause: thrown });
    if (thrown instanceof UploadLostError) return new RegistryError('uploadUnknown', undefined, { cause: thrown });
    if (thrown instanceof DatabaseUnavailableError || thrown instanceof StorageError) {
      this.logger.warn({ method: request.method, url: request.originalUrl, err: thrown }, 'dependency unavailable');
      return new RegistryError(thrown instanceof StorageError && thrown.full ? 'storageFull' : 'unavailable', undefined, { cause: thrown });
    }
    const status = statusOf(thrown);
    if (status === 404 || status === 405)
      return new RegistryError(allowedMethods(request.originalUrl) ? 'methodUnsupported' : 'resourceUnknown', undefined, { cause: thrown });
    if (status >= 400 && status < 500) return new RegistryError('requestInvalid', undefined, { cause: thrown });
    this.logger.error({ method: request.method, url: request.originalUrl, err: thrown }, 'unexpected error');
    return new RegistryError('unknown');
  }
}

/** What a path answers beside the method that was refused, be it for now only (RFC 9110, section 15.5.6). */
function otherMethods({ originalUrl, method }: FastifyRequest): readonly string[] {
  return (allowedMethods(originalUrl) ?? []).filter((allowed) => allowed !== method);
}

/** The HTTP status that Nest or Fastify mean by what they throw; NaN for anything else. */
function statusOf(thrown: unknown): number {
  if (thrown instanceof HttpException) return thrown.getStatus();
  const status = (thrown as { statusCode?: unknown } | null | undefined)?.statusCode;
  return typeof status === 'number' ? status : NaN;
}
