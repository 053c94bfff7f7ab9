import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parse } from 'graphql';
import {
  fieldName,
  memberName,
  referenceField,
  RESERVED_TYPES,
  reverseAggregateField,
  reverseField,
  rootFields,
  typeName,
} from '../../../schema/contract/names.ts';

test.each([
  ['flights', 'Flight', 'flight', 'flights', 'flightAggregate'],
  ['bird_strikes', 'BirdStrike', 'birdStrike', 'birdStrikes', 'birdStrikeAggregate'],
  ['Air_Quality', 'AirQuality', 'airQuality', 'airQualities', 'airQualityAggregate'],
  ['weather', 'Weather', 'weather', 'weatherList', 'weatherAggregate'],
  ['daily-weather', 'DailyWeather', 'dailyWeather', 'dailyWeatherList', 'dailyWeatherAggregate'],
  ['series', 'Series', 'series', 'seriesList', 'seriesAggregate'],
  ['addresses', 'Address', 'address', 'addresses', 'addressAggregate'],
  ['people', 'Person', 'person', 'people', 'personAggregate'],
  ['customerData', 'CustomerData', 'customerData', 'customerDataList', 'customerDataAggregate'],
  ['Straßen Züge', 'StraEnZuge', 'straEnZuge', 'straEnZuges', 'straEnZugeAggregate'],
  ['2024 sales', '_2024Sale', '_2024Sale', '_2024Sales', '_2024SaleAggregate'],
])('an object %s is the type %s', (object, type, one, list, aggregate) => {
  expect(typeName(object)).toBe(type);
  expect(rootFields(type)).toEqual({ oneField: one, listField: list, aggregateField: aggregate });
});

test.each([
  ['originIata', 'originIata'],
  ['p95DelayMinutes', 'p95DelayMinutes'],
  ['Flight Date', 'flightDate'],
  ['UniqueID', 'uniqueId'],
  ['customer_id', 'customerId'],
  ['3d', '_3d'],
  ['名前', null],
])('a property %s is the field %s', (name, field) => {
  expect(fieldName(name)).toBe(field);
});

test.each([
  ['originIata', 'iata', 'origin', 'flightsByOrigin', 'flightAggregateByOrigin'],
  ['airportIata', 'iata', 'airport', 'flights', 'flightAggregate'],
  ['customerKey', 'iata', 'customer', 'flightsByCustomer', 'flightAggregateByCustomer'],
  ['homeCode', 'iata', 'home', 'flightsByHome', 'flightAggregateByHome'],
  ['managerId', 'id', 'manager', 'flightsByManager', 'flightAggregateByManager'],
  ['place', 'iata', 'airport', 'flights', 'flightAggregate'],
  ['iata', 'iata', 'airport', 'flights', 'flightAggregate'],
])('a reference by %s to the key %s is %s, and back %s, beside it %s', (field, key, name, back, aggregate) => {
  const to = { type: 'Airport', key };
  expect(referenceField(field, to)).toBe(name);
  expect(reverseField(name, { listField: 'flights' }, to)).toBe(back);
  expect(reverseAggregateField(name, { aggregateField: 'flightAggregate' }, to)).toBe(aggregate);
});

test.each([
  ['Take-off run', 'TAKE_OFF_RUN'],
  ['B', 'B'],
  ['1st', '_1ST'],
  ['+', 'VALUE_7'],
  ['déjà vu', 'DEJA_VU'],
])('the value %s is the member %s', (value, name) => {
  expect(memberName(value, 7)).toBe(name);
});

test('no type of the catalog can be taken by a product', () => {
  const sdl = readFileSync(new URL('../../../gateway/catalog/catalog.graphql', import.meta.url), 'utf8');
  const types = parse(sdl).definitions.flatMap((definition) => ('name' in definition ? [definition.name.value] : []));
  expect(types.length).toBeGreaterThan(30);
  expect(types.filter((type) => !RESERVED_TYPES.has(type))).toEqual([]);
});
