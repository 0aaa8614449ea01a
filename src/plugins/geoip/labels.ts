// What a record of a database says, label by label (GEO-3). Knows the records of city and network databases; knows no file.
import type { Schema } from './schema.ts';

interface Named {
  readonly names?: { readonly en?: string };
}
/** A record as a database has it; whatever is unknown is missing. */
export interface GeoRecord {
  readonly city?: Named;
  readonly continent?: Named & { readonly code?: string };
  readonly country?: Named & { readonly iso_code?: string; readonly is_in_european_union?: boolean };
  readonly location?: { readonly latitude?: number; readonly longitude?: number; readonly time_zone?: string };
  readonly postal?: { readonly code?: string };
  readonly subdivisions?: readonly { readonly iso_code?: string }[];
  readonly autonomous_system_number?: number;
  readonly autonomous_system_organization?: string;
}

/** A number in its shortest form without an exponent. */
function decimal(value: number | undefined): string {
  if (value === undefined) return '';
  const text = String(value);
  return text.includes('e') ? value.toFixed(20).replace(/\.?0+$/, '') : text;
}

type Labels = ReadonlyMap<string, (record: GeoRecord) => string | undefined>;
/** The labels of each schema; what a record does not say is an empty text. */
export const LABELS: { readonly [schema in Schema]: Labels } = {
  city: new Map<string, (record: GeoRecord) => string | undefined>([
    ['geoip/city/name', ({ city }) => city?.names?.en],
    ['geoip/country/code', ({ country }) => country?.iso_code],
    ['geoip/country/name', ({ country }) => country?.names?.en],
    ['geoip/country/is_in_european_union', ({ country }) => String(country?.is_in_european_union ?? false)],
    ['geoip/continent/code', ({ continent }) => continent?.code],
    ['geoip/continent/name', ({ continent }) => continent?.names?.en],
    ['geoip/latitude', ({ location }) => decimal(location?.latitude)],
    ['geoip/longitude', ({ location }) => decimal(location?.longitude)],
    ['geoip/timezone', ({ location }) => location?.time_zone],
    ['geoip/postalcode', ({ postal }) => postal?.code],
    ['geoip/subdivisions/code', ({ subdivisions = [] }) => subdivisions.map(({ iso_code = '' }) => iso_code).join()],
  ]),
  asn: new Map<string, (record: GeoRecord) => string | undefined>([
    ['geoip/asn/number', ({ autonomous_system_number: number }) => String(number ?? 0)],
    ['geoip/asn/org', ({ autonomous_system_organization: organization }) => organization],
  ]),
};
