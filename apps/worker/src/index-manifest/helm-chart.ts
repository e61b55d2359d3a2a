import type { Descriptor } from '#oci';
import { fieldsOf, pickTexts, textsOf, type JsonFields } from './json-fields.js';

const provenanceLayer = 'application/vnd.cncf.helm.chart.provenance.v1.prov';
const chartFields = ['name', 'version', 'appVersion', 'description', 'apiVersion', 'kubeVersion', 'type', 'home', 'icon'] as const;
const dependencyFields = ['name', 'version', 'repository'] as const;
const maintainerFields = ['name', 'email', 'url'] as const;

/** Helm's Chart.yaml, which the chart's config holds as JSON. */
export interface ChartDetails extends Partial<Record<(typeof chartFields)[number], string>> {
  readonly keywords?: readonly string[];
  readonly sources?: readonly string[];
  readonly deprecated: boolean;
  readonly maintainers: readonly Partial<Record<(typeof maintainerFields)[number], string>>[];
  readonly dependencies: readonly Partial<Record<(typeof dependencyFields)[number], string>>[];
  /** A provenance file was pushed beside the chart; whether it verifies is for helm to say. */
  readonly provenance: boolean;
}

/** Reads what a chart's config says of it. */
export function chartOf(config: JsonFields, layers: readonly Descriptor[]): ChartDetails {
  return {
    ...pickTexts(config, chartFields),
    keywords: textsOf(config['keywords']),
    sources: textsOf(config['sources']),
    deprecated: config['deprecated'] === true,
    maintainers: objectsOf(config['maintainers']).map((one) => pickTexts(one, maintainerFields)),
    dependencies: objectsOf(config['dependencies']).map((one) => pickTexts(one, dependencyFields)),
    provenance: layers.some(({ mediaType }) => mediaType === provenanceLayer),
  };
}

function objectsOf(value: unknown): JsonFields[] {
  return Array.isArray(value) ? value.map(fieldsOf).filter((fields) => fields !== undefined) : [];
}
