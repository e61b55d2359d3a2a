import type { Tag } from '#oci';
import type { ImmutableTag } from '../shapes.js';
import { TagPattern } from './tag-pattern.js';

/** The rules of one repository by which tags, once made, stay as they are. */
export class ImmutableTags {
  static readonly none = new ImmutableTags(null, []);

  private constructor(
    /** As the database spells them, so that it can say whether they are still the same; null: there are none. */
    readonly rules: string | null,
    private readonly patterns: readonly TagPattern[],
  ) {}

  /** `rules`: the policy's list, as JSON. */
  static parse(rules: string | null): ImmutableTags {
    if (rules === null) return ImmutableTags.none;
    return new ImmutableTags(rules, (JSON.parse(rules) as string[]).map(TagPattern.parse));
  }

  /** Those of the tags that must not move, each with the pattern that says so. */
  among(tags: readonly Tag[]): ImmutableTag[] {
    return tags.flatMap((tag) => {
      const pattern = this.patterns.find((one) => one.matches(tag));
      return pattern ? [{ tag, pattern: pattern.text }] : [];
    });
  }
}
