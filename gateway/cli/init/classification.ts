import { words } from '../../../schema/contract/names.ts';

/** Why a column looks as if it were about persons; null where it does not. `examples`: some of its values, as text. */
export function looksPersonal(name: string, examples: readonly unknown[]): string | null {
  const parts = words(name);
  const joined = ` ${parts.join(' ')} `;
  const said = PERSONAL.find((phrase) => joined.includes(` ${phrase} `));
  if (said !== undefined) return `its name says "${said}"`;
  const texts = examples.filter((value) => typeof value === 'string');
  for (const { what, form } of FORMS)
    if (texts.length > 0 && texts.every((text) => form.test(text.trim()))) return `its values look like ${what}`;
  return null;
}

/** Words of names that speak of a person, in the languages that column names are mostly written in. */
const PERSONAL = [
  ...['email', 'e mail', 'mail', 'phone', 'telephone', 'mobile', 'fax', 'cell phone'],
  ...[
    'first name',
    'firstname',
    'last name',
    'lastname',
    'full name',
    'fullname',
    'surname',
    'given name',
    'family name',
  ],
  ...['middle name', 'maiden name', 'username', 'user name', 'login', 'nickname'],
  ...['birth', 'birthday', 'birthdate', 'dob', 'age', 'gender', 'sex', 'ethnicity', 'religion', 'nationality'],
  ...['ssn', 'social security', 'passport', 'driving licence', 'driver license', 'tax id', 'national id'],
  ...['iban', 'bic', 'credit card', 'card number', 'cvv', 'account number', 'salary', 'income'],
  ...['street', 'address', 'addr', 'postcode', 'zip', 'zip code', 'postal code', 'ip', 'ip address', 'device id'],
  ...['password', 'password hash', 'secret', 'token', 'diagnosis', 'patient'],
];

const FORMS = [
  { what: 'e-mail addresses', form: /^[^\s@]+@[^\s@]+\.[a-z]{2,}$/i },
  { what: 'telephone numbers', form: /^\+\d[\d ()./-]{6,}$/ },
  { what: 'social security numbers', form: /^\d{3}-\d{2}-\d{4}$/ },
  { what: 'IBANs', form: /^[A-Z]{2}\d{2}[ A-Z0-9]{11,30}$/ },
  { what: 'IP addresses', form: /^(\d{1,3}\.){3}\d{1,3}$/ },
] as const;
