import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { actionOf } from './access.js';

type Handler = Parameters<typeof actionOf>[1];

/** Refuses to start while a /v2/ route declares no action: it would be open to everybody for good. */
export function assertActionsDeclared(discovery: DiscoveryService, scanner: MetadataScanner, reflector: Reflector): void {
  for (const { metatype, instance } of discovery.getControllers()) {
    const base = metatype && (Reflect.getMetadata(PATH_METADATA, metatype) as string | undefined);
    if (!base?.startsWith('v2')) continue;
    const prototype = Object.getPrototypeOf(instance) as Record<string, Handler>;
    for (const method of scanner.getAllMethodNames(prototype)) {
      const handler = prototype[method]!;
      const verb = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
      if (verb !== undefined && !actionOf(reflector, handler)) throw new Error(`${metatype!.name}.${method} (${base}) declares no action`);
    }
  }
}
