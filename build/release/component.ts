/** One component of an SBOM, as CycloneDX has it. */
export interface Component {
  readonly 'bom-ref': string;
  readonly type: string;
  readonly name: string;
  readonly [field: string]: unknown;
}
