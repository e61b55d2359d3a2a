import { Injectable, type PipeTransform } from '@nestjs/common';
import { parseDigest, type Digest } from '#oci';

/** A digest in a path or query; one that is absent or malformed is `digestInvalid`. */
@Injectable()
export class DigestPipe implements PipeTransform<string | string[] | undefined, Digest> {
  transform(value: string | string[] | undefined): Digest {
    return parseDigest(typeof value === 'string' ? value : '');
  }
}
