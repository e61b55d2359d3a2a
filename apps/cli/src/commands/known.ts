import type { RepositoryPolicy } from '#metadata';
import { parseRepositoryName, type RepositoryName } from '#oci';
import { CommandError, exitCode } from '../exit-code.js';
import type { Registry } from '../registry.js';

/** What is thrown where a repository is not there. */
export function noSuchRepository(name: RepositoryName): CommandError {
  return new CommandError(exitCode.notFound, `there is no repository ${name}`);
}

/** The settings of a repository that is named on a command line; throws CommandError where it is not there. */
export async function policyOf(registry: Registry, text: string): Promise<{ name: RepositoryName; policy: RepositoryPolicy }> {
  const name = parseRepositoryName(text);
  const policy = await registry.repositories.policy(name);
  if (!policy) throw noSuchRepository(name);
  return { name, policy };
}

/** Changes the settings and answers them; throws CommandError where the repository is not there, PolicyError where they would be none. */
export async function changePolicyOf(
  registry: Registry,
  text: string,
  change: (policy: RepositoryPolicy) => RepositoryPolicy,
): Promise<RepositoryPolicy> {
  const name = parseRepositoryName(text);
  const policy = await registry.repositories.changePolicy(name, change);
  if (!policy) throw noSuchRepository(name);
  return policy;
}

/** Replaces the settings, whatever is stored; throws CommandError where the repository is not there. */
export async function replacePolicyOf(
  { repositories }: Registry,
  name: RepositoryName,
  policy: RepositoryPolicy,
): Promise<RepositoryPolicy> {
  if (!(await repositories.setPolicy(name, policy))) throw noSuchRepository(name);
  return policy;
}
