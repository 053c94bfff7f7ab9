import tzLookup from '@photostructure/tz-lookup';

/** The IANA time zone at a place in degrees, from borders that ship with the package; null for no place on the globe. */
export function timeZone(latitude: unknown, longitude: unknown): string | null {
  if (typeof latitude !== 'number' || Math.abs(latitude) > 90) return null;
  if (typeof longitude !== 'number' || Math.abs(longitude) > 180) return null;
  return tzLookup(latitude, longitude);
}
