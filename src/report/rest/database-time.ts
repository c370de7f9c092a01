/**
 * A time in MariaDB's format, `YYYY-MM-DD HH:MM:SS`, in a time zone.
 * @param ms since 1970
 * @param zone an IANA name
 */
export function databaseTime(ms: number, zone: string): string {
  const instant = Temporal.Instant.fromEpochMilliseconds(Math.floor(ms));
  const time = instant.toZonedDateTimeISO(zone).toPlainDateTime();
  return time.toString({ smallestUnit: 'second' }).replace('T', ' ');
}
