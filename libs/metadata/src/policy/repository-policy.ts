import * as z from 'zod';
import { PatternError } from './pattern-error.js';
import { TagPattern } from './tag-pattern.js';

const most = 50;

const pattern = z.string().superRefine((text, context) => {
  try {
    TagPattern.parse(text);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
  }
});

const tagRule = z
  .strictObject({
    /** Which tags it is about; all of them unless it says. */
    match: pattern.optional(),
    /** All that match, or the last so many of them. */
    keep: z.union([z.literal('all'), z.int().min(0).max(1_000_000)], { error: 'must be "all" or a whole number' }),
    /** Last by what: by push unless it says. A tag that was never pulled counts from its push. */
    by: z.enum(['push', 'pull'], { error: 'must be "push" or "pull"' }).optional(),
  })
  .refine(({ keep, by }) => keep !== 'all' || by === undefined, { path: ['by'], error: 'means nothing where all are kept' });

const retention = z
  .strictObject({
    tags: z.array(tagRule).max(most).optional(),
    untaggedDays: z.int({ error: 'must be a whole number of days' }).min(1).max(36_500).optional(),
  })
  .refine(({ tags, untaggedDays }) => tags?.length || untaggedDays !== undefined, { error: 'has no rule' });

const policySchema = z.strictObject({
  sparseIndexes: z.boolean().optional(),
  immutableTags: z.array(pattern).max(most).optional(),
  retention: retention.optional(),
});

/** One rule about tags: of those that match, it keeps all or the last so many. */
export type TagRule = Readonly<z.output<typeof tagRule>>;

/** What may go: tags that rules match and none keeps; manifests that nobody tagged, pushed or pulled for `untaggedDays`. */
export interface RetentionRules {
  readonly tags?: readonly TagRule[];
  readonly untaggedDays?: number;
}

/** Settings of one repository; what is absent is off. */
export interface RepositoryPolicy {
  /** Accepts image indexes whose children are not (all) there. */
  readonly sparseIndexes?: boolean;
  /** Patterns: a tag that matches one can be made, and neither moved nor deleted. */
  readonly immutableTags?: readonly string[];
  readonly retention?: RetentionRules;
}

/** A policy that is none; the message is one line that names the field. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
}

/** Checks a policy and leaves out what is empty; throws PolicyError. */
export function parsePolicy(value: unknown): RepositoryPolicy {
  const parsed = policySchema.safeParse(value);
  if (!parsed.success) throw new PolicyError(lineOf(parsed.error));
  const { sparseIndexes, immutableTags, retention: rules } = parsed.data;
  return {
    ...(sparseIndexes && { sparseIndexes }),
    ...(immutableTags?.length && { immutableTags: [...new Set(immutableTags)] }),
    ...(rules && { retention: rules }),
  };
}

function lineOf({ issues: [issue] }: z.ZodError): string {
  const field = (issue?.path ?? []).map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return `${field.replace(/^\./, '')}${field ? ' ' : ''}${issue?.message ?? 'is wrong'}`;
}
