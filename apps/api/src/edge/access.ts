import { createParamDecorator, Injectable, SetMetadata, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { parseRepositoryName, RegistryError, type RepositoryName } from '#oci';
import { allowedMethods } from './routes.js';

/** What a request does to the repository it names (distribution's token scopes; `list` is the catalog's). */
export type Action = 'pull' | 'push' | 'delete' | 'list';

const actionKey = 'entrepot:action';

/** Declares the action a route needs; a /v2/ route without one refuses to start. */
export const Needs = (action: Action): MethodDecorator => SetMetadata(actionKey, action);

/** Who may do what, asked once a request, on the parsed name. */
export abstract class AccessPolicy {
  /**
   * Throws the refusal, or rejects with it; answers where the action is granted, without a promise where nobody has to be asked. `name` is undefined
   * where the resource belongs to no repository.
   */
  abstract authorize(request: FastifyRequest, action: Action, name?: RepositoryName): Promise<void> | void;
  /** The same question for a second repository (a mount's source), where a no is an answer rather than a refusal. */
  abstract allows(request: FastifyRequest, action: Action, name: RepositoryName): Promise<boolean>;
}

/** Everybody may do everything: for a registry bound to one machine's loopback. */
@Injectable()
export class OpenAccess extends AccessPolicy {
  override authorize(): void {}
  override async allows(): Promise<boolean> {
    return true;
  }
}

const parsedNames = new WeakMap<FastifyRequest, RepositoryName>();

/** Runs before anything of the body is read: parses the name, then asks the policy. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly policy: AccessPolicy,
  ) {}

  canActivate(context: ExecutionContext): Promise<boolean> | boolean {
    const action = actionOf(this.reflector, context.getHandler());
    if (!action) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest<{ Params: { name?: string } }>>();
    // The router takes `blobs/uploads` for a blob named uploads where no upload has the method; the path's own resource says no.
    const methods = allowedMethods(request.originalUrl);
    if (!methods?.includes(request.method)) throw new RegistryError(methods ? 'methodUnsupported' : 'resourceUnknown');
    const name = request.params.name === undefined ? undefined : parseRepositoryName(request.params.name);
    if (name) parsedNames.set(request, name);
    return this.policy.authorize(request, action, name)?.then(() => true) ?? true;
  }
}

/** The action a handler declares, if any. */
export function actionOf(reflector: Reflector, handler: NonNullable<Parameters<Reflector['get']>[1]>): Action | undefined {
  return reflector.get<Action | undefined>(actionKey, handler);
}

/** The repository name that the guard has parsed for a request. */
export function nameOf(request: FastifyRequest): RepositoryName {
  const name = parsedNames.get(request);
  if (!name) throw new Error('this route declares no action, so its name was never parsed');
  return name;
}

/** The same as a parameter of a controller's method. */
export const Name = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  nameOf(context.switchToHttp().getRequest<FastifyRequest>()),
);
