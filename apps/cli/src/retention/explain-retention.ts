import { PatternError, planRetention, PolicyError, type ManifestDecision, type PlannedRetention, type TagDecision } from '#metadata';
import { parseRepositoryName, type RepositoryName } from '#oci';
import { noSuchRepository } from '../commands/known.js';
import type { CommandContext } from '../command-context.js';
import { exitCode, type ExitCode } from '../exit-code.js';
import { countOf } from '../output/words.js';
import type { Registry } from '../registry.js';

/** What the rules of one repository say of what it has. */
interface Explanation {
  readonly repository: RepositoryName;
  readonly tags: readonly TagDecision[];
  readonly manifests: readonly ManifestDecision[];
  /** Counts of all, whether shown or not. */
  readonly goes: { readonly tags: number; readonly manifests: number };
  readonly stays: { readonly tags: number; readonly manifests: number };
}

const page = 500;

/** Names of all repositories that have rules. */
export async function namesToRetain({ retention }: Registry): Promise<RepositoryName[]> {
  const names: RepositoryName[] = [];
  for (;;) {
    const more = await retention.repositories({ last: names.at(-1), limit: page });
    names.push(...more);
    if (more.length < page) return names;
  }
}

/** Decides as a run would, and does nothing; `all`: with what stays. */
export async function explainRetention(context: CommandContext, repository: string | undefined, all: boolean): Promise<ExitCode> {
  const { registry, output, settings, interrupted } = context;
  const { tagHistoryDays } = settings.retention;
  const names = repository === undefined ? await namesToRetain(registry) : [parseRepositoryName(repository)];
  const explained: Explanation[] = [];
  const failed: { repository: RepositoryName; error: string }[] = [];
  for (const name of names) {
    interrupted.throwIfAborted();
    output.progress.show({ part: explained.length / names.length, text: name });
    try {
      const planned = await planRetention(registry.retention, name, tagHistoryDays);
      if (planned) explained.push(explanationOf(planned, all));
      // Removed since it was listed: nothing to say.
      else if (repository !== undefined) throw noSuchRepository(name);
    } catch (error) {
      if (!(error instanceof PolicyError || error instanceof PatternError)) throw error;
      failed.push({ repository: name, error: error.message });
    }
  }
  output.answer({ dryRun: true, tagHistoryDays, repositories: explained, failed }, () => [
    ...explained.flatMap((explanation) => linesOf(explanation, all)),
    ...failed.map(({ repository: name, error }) => `${name} failed: ${error}`),
    `dry run with TAG_HISTORY_DAYS=${tagHistoryDays}: nothing was changed`,
  ]);
  return failed.length > 0 ? exitCode.failed : exitCode.ok;
}

function explanationOf({ snapshot, plan }: PlannedRetention, all: boolean): Explanation {
  const [goingTags, goingManifests] = [plan.tags.filter(({ keep }) => !keep), plan.manifests.filter(({ keep }) => !keep)];
  const [goes, whole] = [
    { tags: goingTags.length, manifests: goingManifests.length },
    { tags: plan.tags.length, manifests: plan.manifests.length },
  ];
  return {
    repository: snapshot.name,
    tags: all ? plan.tags : goingTags,
    manifests: all ? plan.manifests : goingManifests,
    goes,
    stays: { tags: whole.tags - goes.tags, manifests: whole.manifests - goes.manifests },
  };
}

function linesOf({ repository, tags, manifests, goes, stays }: Explanation, all: boolean): string[] {
  const line = (what: string, { keep, rule, reason }: TagDecision | ManifestDecision) =>
    `${keep ? 'stays' : 'goes '}  ${what}  ${rule}: ${reason}`;
  const sum = ({ tags: ofTags, manifests: ofManifests }: Explanation['goes']) =>
    `${countOf(ofTags, 'tag')} and ${countOf(ofManifests, 'manifest')}`;
  return [
    ...tags.map((decision) => line(`${repository}:${decision.tag}`, decision)),
    ...manifests.map((decision) => line(`${repository}@${decision.digest}`, decision)),
    `${repository}: ${sum(goes)} would go, ${sum(stays)} stay${all ? '' : ' (--all shows why)'}`,
  ];
}
