/** What the edge allows a client: `idleMilliseconds` without a byte either way, `verdictMilliseconds` of waiting for a worker's verdict. */
export class EdgeLimits {
  constructor(
    readonly idleMilliseconds: number,
    readonly verdictMilliseconds: number,
  ) {}
}
