import { readdirSync, existsSync, readFileSync } from 'node:fs';
import { basename, dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Ajv2019, type ValidateFunction } from 'ajv/dist/2019.js';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';
import { linkMesh } from '../../../schema/contract/link.ts';
import type { ProductFile } from '../../../schema/contract/model.ts';
import { checkProductSql } from '../../../schema/contract/product-sql.ts';
import { readProduct } from '../../../schema/contract/read.ts';
import { subgraphSdl } from '../../../schema/contract/sdl.ts';
import { checkSelect } from '../../../schema/contract/sql.ts';
import { compose } from '../../../schema/composition/compose.ts';

const DOMAINS = fileURLToPath(new URL('../../../subgraphs/domains', import.meta.url));
const STANDARDS = fileURLToPath(new URL('../../../../shared/odcs/schema', import.meta.url));

const files = readdirSync(DOMAINS, { recursive: true, encoding: 'utf8' });
const folders = files.filter((path) => basename(path) === 'product.odps.yaml').map((path) => dirname(path));

const official = existsSync(STANDARDS) ? describe : describe.skip;
official('by the official JSON Schemas (../shared/odcs; skipped where that is absent)', () => {
  // Not strict: the standards' own schemas use keywords in ways that ajv would warn of.
  const ajv = addFormats.default(new Ajv2019({ strict: false, allErrors: true }));
  const schema = (name: string) => ajv.compile(JSON.parse(readFileSync(`${STANDARDS}/${name}`, 'utf8')));
  let isContract: ValidateFunction;
  let isProduct: ValidateFunction;
  // A skipped block is read all the same.
  beforeAll(() => {
    isContract = schema('odcs-json-schema-v3.2.0.json');
    isProduct = schema('odps-json-schema-v1.0.0.json');
  });

  test.each(files.filter((path) => path.endsWith('.odcs.yaml')))('%s is a data contract', (path) => {
    isContract(parse(readFileSync(`${DOMAINS}/${path}`, 'utf8')));
    expect(isContract.errors).toBeNull();
  });

  test.each(files.filter((path) => path.endsWith('.odps.yaml')))('%s is a data product', (path) => {
    isProduct(parse(readFileSync(`${DOMAINS}/${path}`, 'utf8')));
    expect(isProduct.errors).toBeNull();
  });
});

describe('by Weft itself', () => {
  const read = folders.map((folder) => readProduct(filesOf(folder), { folder: basename(folder) }));

  test('there are six products, each named for its folder', () => {
    expect(read.map(({ product }) => product?.id).sort()).toEqual([
      'geography/places',
      'network/airports',
      'operations/flights',
      'operations/routes',
      'safety/bird-strikes',
      'weather/daily',
    ]);
    expect(read.map(({ product }) => product?.id)).toEqual(folders);
  });

  test('nothing is found in them, not even a warning', () => {
    expect(read.flatMap(({ findings }) => findings)).toEqual([]);
    const products = read.flatMap(({ product }) => product ?? []);
    expect(linkMesh(products).findings).toEqual([]);
  });

  test('the graph speaks of them in plain names', () => {
    const objects = read.flatMap(({ product }) => (product?.kind === 'managed' ? product.objects : []));
    const names = objects.map(({ type, listField, aggregateField }) => [type, listField, aggregateField]);
    expect(names).toEqual([
      ['Airport', 'airports', 'airportAggregate'],
      ['Flight', 'flights', 'flightAggregate'],
      ['Route', 'routes', 'routeAggregate'],
      ['BirdStrike', 'birdStrikes', 'birdStrikeAggregate'],
      ['DailyWeather', 'dailyWeatherList', 'dailyWeatherAggregate'],
    ]);
  });

  test('an airport is reached, and its guests are reached from it', () => {
    const { mesh } = linkMesh(read.flatMap(({ product }) => product ?? []));
    const references = [...mesh.domains.values()].flatMap((domain) => domain.references);
    const edges = references.map(
      ({ from, field, to, reverseField }) => `${from.type}.${field} ${to.type}.${reverseField}`,
    );
    expect(edges.sort()).toEqual([
      'BirdStrike.airport Airport.birdStrikes',
      'DailyWeather.airport Airport.dailyWeatherList',
      'Flight.destination Airport.flightsByDestination',
      'Flight.origin Airport.flightsByOrigin',
      'Route.destination Airport.routesByDestination',
      'Route.origin Airport.routesByOrigin',
    ]);
  });

  test('they compose into one graph, in which an airport has the fields of five domains', () => {
    const products = read.flatMap(({ product }) => product ?? []);
    const { mesh } = linkMesh(products);
    const managed = [...mesh.domains.values()].filter((model) => model.products.length > 0);
    const composition = compose([
      ...managed.map((model) => ({ name: model.domain, sdl: subgraphSdl(model), url: 'http://managed' })),
      ...products.flatMap(({ id, remote }) => (remote === null ? [] : [{ name: id, ...remote }])),
    ]);
    if (!composition.composes) throw new Error(composition.errors.map(({ message }) => message).join('\n'));
    const airport = /^type Airport\b[^}]*^}/m.exec(composition.sdl)?.[0];
    for (const field of ['name', 'flightsByOrigin', 'birdStrikes', 'dailyWeatherList', 'timeZone', 'nearestAirports'])
      expect(airport).toMatch(new RegExp(`^  ${field}\\b`, 'm'));
  });

  test('every transform reads all of its inputs and nothing else, and every rule is a query that may be run', async () => {
    const products = read.flatMap(({ product }) => product ?? []);
    const { mesh } = linkMesh(products);
    for (const { id, inputs, objects, transforms } of products) {
      const landed = inputs.flatMap((input) => (input.kind === 'server' ? input.objects.map(({ view }) => view) : []));
      const pinned = mesh.inputs.get(id)?.flatMap((input) => input.objects.map(({ name }) => name)) ?? [];
      const relations: string[] = [...landed, ...pinned];
      for (const sql of Object.values(transforms)) {
        const { findings, relations: readings } = await checkSelect({ sql, file: `${id}/transform.sql`, relations });
        expect(findings).toEqual([]);
        expect(readings).toEqual(relations.sort());
      }
      for (const { query, id: path } of objects.flatMap(({ quality }) => quality)) {
        if (query === null) continue;
        const all = [...relations, ...objects.map(({ table }) => table)];
        expect((await checkSelect({ sql: query, file: id, path, relations: all })).findings).toEqual([]);
      }
    }
  });

  test('all their SQL is sound, that of measures and dimensions too', async () => {
    const products = read.flatMap(({ product }) => product ?? []);
    const { mesh } = linkMesh(products);
    const found = products.map((product) => checkProductSql(product, mesh.inputs.get(product.id) ?? []));
    expect((await Promise.all(found)).flat()).toEqual([]);
    expect(products.flatMap(({ objects }) => objects.flatMap(({ measures }) => measures)).length).toBeGreaterThan(0);
  });

  test('every property of a managed product says how it may be read', () => {
    const properties = read.flatMap(({ product }) => product?.objects.flatMap((object) => object.properties) ?? []);
    expect(properties.filter(({ classification }) => classification === null).map(({ name }) => name)).toEqual([]);
  });
});

/** What `publish` would send of a product's folder. */
function filesOf(folder: string): ProductFile[] {
  return files
    .filter((path) => path.startsWith(`${folder}/`) && /\.(yaml|sql|graphql)$/.test(path))
    .map((path) => ({ path: relative(folder, path), text: readFileSync(`${DOMAINS}/${path}`, 'utf8') }));
}
