/** The first moment of the unit, as Postgres writes it; what the graph cannot say stays as it is. */
export function truncated(unit: string, text: string): string {
  const [, day = '', rest = ''] = /^(\d{4}-\d\d-\d\d)((?: .*)?)$/.exec(text) ?? [];
  if (day === '') return /^(\d\d:){2}/.test(text) && !text.startsWith('24') ? timeTo(unit, text) : text;
  if (rest.endsWith('BC')) return text;
  if (rest === '') return dayTo(unit, day);
  const [, time = '', zone = ''] = /^ ([\d:.]+)(\+00)$/.exec(rest) ?? [];
  const isTime = ['HOUR', 'MINUTE', 'SECOND'].includes(unit);
  return isTime ? `${day} ${timeTo(unit, time)}${zone}` : `${dayTo(unit, day)} 00:00:00${zone}`;
}

function dayTo(unit: string, day: string): string {
  const [year, month] = day.split('-') as [string, string];
  switch (unit) {
    case 'YEAR':
      return `${year}-01-01`;
    case 'QUARTER':
      return `${year}-${['01', '04', '07', '10'][Math.floor((Number(month) - 1) / 3)]!}-01`;
    case 'MONTH':
      return `${year}-${month}-01`;
    case 'WEEK': {
      const date = new Date(`${day}T00:00:00Z`);
      // Sunday is 0.
      date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
      return date.toISOString().slice(0, 10);
    }
    default:
      return day;
  }
}

function timeTo(unit: string, time: string): string {
  const [hour, minute, second] = time.split(/[:.]/) as [string, string, string];
  if (unit === 'HOUR') return `${hour}:00:00`;
  return unit === 'MINUTE' ? `${hour}:${minute}:00` : `${hour}:${minute}:${second}`;
}
