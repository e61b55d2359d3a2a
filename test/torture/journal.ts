import type { Digest } from '#oci';
import { absent, Register, type Change } from './register.js';

export type Kind = 'blob' | 'manifest' | 'tag';

/** The value of a blob or manifest that is there; a tag's is the digest it points to. */
export const there = 'there';
export { absent };

/** One thing of the registry, and everything that was asked and heard about it. */
export interface Subject {
  readonly kind: Kind;
  readonly name: string;
  /** A digest, or the name of a tag. */
  readonly id: string;
  readonly register: Register;
}

/** Everything the clients of a torture asked and heard, and what of it cannot be. */
export class Journal {
  readonly counts: Record<string, number> = {};
  readonly violations: string[] = [];
  /** When PostgreSQL was last killed (ms): what it had not yet written of unfinished uploads may have gone with it. */
  crashedAt = -Infinity;
  private readonly subjects = new Map<string, Subject>();
  private readonly list: Subject[] = [];
  private readonly listed = new Map<string, Subject[]>();

  count(what: string, by = 1): void {
    this.counts[what] = (this.counts[what] ?? 0) + by;
  }

  violate(text: string): void {
    this.count('violations');
    if (this.violations.length < 100) this.violations.push(text);
  }

  get all(): readonly Subject[] {
    return this.list;
  }

  of(kind: Kind, name: string, id: string): Subject {
    const key = `${kind} ${name} ${id}`;
    let subject = this.subjects.get(key);
    if (!subject) {
      subject = { kind, name, id, register: new Register() };
      this.subjects.set(key, subject);
      this.list.push(subject);
    }
    return subject;
  }

  /** A manifest that is about another one, and to be listed as such while it is there. */
  refer(name: string, digest: Digest, subject: Digest): void {
    const key = `${name} ${subject}`;
    const known = this.listed.get(key) ?? [];
    const referrer = this.of('manifest', name, digest);
    if (!known.includes(referrer)) this.listed.set(key, [...known, referrer]);
  }

  /** The manifests that name this one as their subject. */
  referrersOf(name: string, subject: string): readonly Subject[] {
    return this.listed.get(`${name} ${subject}`) ?? [];
  }

  /** An answer to a question sent at `from`. */
  saw(subject: Subject, value: string, from: number, by: string): void {
    this.count(`reads of ${subject.kind}s checked`);
    if (!subject.register.read(value, from)) this.contradicts(subject, value || 'absent', by);
  }

  /** An answer that says no more than that it is there. */
  sawAny(subject: Subject, from: number, by: string): void {
    this.count(`reads of ${subject.kind}s checked`);
    if (!subject.register.readOther(absent, from)) this.contradicts(subject, 'there', by);
  }

  /** It was refused, and must not have been seen by anybody. */
  refused(subject: Subject, change: Change): void {
    if (!subject.register.refuse(change)) this.violate(`${subject.kind} ${subject.name} ${subject.id}: refused, and yet it was seen`);
  }

  settle(): void {
    for (const { register } of this.list) register.settle();
  }

  private contradicts({ kind, name, id, register }: Subject, value: string, by: string): void {
    const possible = register.possible().map((one) => one || 'absent');
    this.violate(`${by}: ${kind} ${name} ${id} is ${value}; what may be read now: ${possible.join(' or ')}`);
  }
}
