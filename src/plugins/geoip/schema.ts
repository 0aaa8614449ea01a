// Which databases of networks are known, and what each says of an address. Knows the types by name; opens nothing.

/** What a database may be asked for: where a client is, or whose network it is in (GEO-2). */
export type Schema = 'city' | 'asn';

/** Types of databases that CoreDNS knows but for those that have neither schema. */
const SCHEMAS: { readonly [schema in Schema]: readonly string[] } = {
  city: [
    'GeoLite2-City', 'GeoLite2-Country', 'GeoIP2-City', 'GeoIP2-City-Africa', 'GeoIP2-City-Asia-Pacific', 'GeoIP2-City-Europe',
    'GeoIP2-City-North-America', 'GeoIP2-City-South-America', 'GeoIP2-Country', 'GeoIP2-Precision-City', 'GeoIP2-Enterprise',
    'DBIP-City-Lite', 'DBIP-Country', 'DBIP-Country-Lite', 'DBIP-Location (compat=City)', 'DBIP-ISP (compat=Enterprise)',
    'DBIP-Location-ISP (compat=Enterprise)',
  ],
  asn: ['GeoLite2-ASN', 'GeoIP2-ISP', 'GeoIP2-Precision-ISP', 'DBIP-ASN-Lite (compat=GeoLite2-ASN)'],
};
const WITHOUT: readonly string[] = ['GeoIP2-Anonymous-IP', 'GeoIP2-Connection-Type', 'GeoIP2-Domain'];

/** The schema of a type of database; 'none' where it is known to have neither, undefined where nobody knows it. */
export function schemaOf(type: string): Schema | 'none' | undefined {
  if (WITHOUT.includes(type)) return 'none';
  return SCHEMAS.city.includes(type) ? 'city' : SCHEMAS.asn.includes(type) ? 'asn' : undefined;
}
