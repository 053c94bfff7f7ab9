import tzLookup from '@photostructure/tz-lookup';

/** The IANA time zone at a place in degrees, from borders that ship with the package; null for no place on the globe. */
export function timeZone(latitude: unknown, longitude: unknown): string | null {
  return isWithin(90, latitude) && isWithin(180, longitude) ? tzLookup(latitude, longitude) : null;
}

function isWithin(limit: number, degrees: unknown): degrees is number {
  return typeof degrees === 'number' && Math.abs(degrees) <= limit;
}
