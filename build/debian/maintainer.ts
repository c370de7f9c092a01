/** Who signs the package where the release's maker does not tell: the authors, as LICENSE has them. */
const fallback = {
  name: 'The MultiFlexi Emissary authors',
  address: 'multiflexi-emissary@multiflexi.invalid',
};

/** The package's maintainer: of DEBFULLNAME and DEBEMAIL, as Debian's own tools take it. */
export function maintainer(): string {
  const name = process.env['DEBFULLNAME'] || fallback.name;
  return `${name} <${process.env['DEBEMAIL'] || fallback.address}>`;
}
