import { expect, test } from '@jest/globals';
import { CHANGES } from '../../../../schema/contract/changes/change-codes.ts';
import { changes } from '../../../../schema/contract/changes/changes.ts';
import { linkedProduct } from '../../../../schema/contract/changes/linked-product.ts';
import type { ProductFile } from '../../../../schema/contract/model.ts';
import type { ProductId } from '../../../../schema/ids.ts';
import { editedFlights, meshOfFiles } from './flights-product.ts';

const ID = 'operations/flights' as ProductId;

/** Nothing else is computed of the delay: it can go, or have another name. */
const DELAY_ALONE = [
  ['delay > 15', "tail > 'a'"],
  ['avg(delay)', 'avg(fare)'],
] as const;
const NEED_IT_ALONE = new Set(['a property removed', 'a property renamed, its id the same']);

function between(before: readonly ProductFile[], after: readonly ProductFile[]) {
  const [was, is] = [linkedProduct(meshOfFiles(before), ID), linkedProduct(meshOfFiles(after), ID)];
  if (was === null || is === null) throw new Error('The mesh lacks the product.');
  return changes(was, is);
}

interface Row {
  readonly what: string;
  readonly edits: readonly (readonly [from: string, to: string])[];
  /** `CODE | weight | bump | subject | coordinates` */
  readonly found: readonly string[];
}

const ROWS: readonly Row[] = [
  {
    what: 'a property removed',
    edits: [
      [
        '      - { name: delay, id: delay_minutes, logicalType: integer, classification: internal, description: Minutes. }\n',
        '',
      ],
    ],
    found: [
      'PROPERTY_REMOVED | breaking | major | flights.delay | Flight.delay FlightAvg.delay FlightAvgOrderBy.delay FlightCountDistinct.delay FlightCountDistinctOrderBy.delay FlightGroupKey.delay FlightGroupKeyOrderBy.delay FlightMax.delay FlightMaxOrderBy.delay FlightMin.delay FlightMinOrderBy.delay FlightOrderBy.delay FlightProperty.delay FlightSum.delay FlightSumOrderBy.delay FlightWhere.delay',
    ],
  },
  {
    what: 'a property added',
    edits: [
      [
        '      - { name: delay, id: delay_minutes, logicalType: integer, classification: internal, description: Minutes. }\n',
        '      - { name: delay, id: delay_minutes, logicalType: integer, classification: internal, description: Minutes. }\n      - { name: gate, logicalType: string }\n',
      ],
    ],
    found: [
      'PROPERTY_ADDED | safe | minor | flights.gate | Flight.gate FlightCountDistinct.gate FlightCountDistinctOrderBy.gate FlightGroupKey.gate FlightGroupKeyOrderBy.gate FlightMax.gate FlightMaxOrderBy.gate FlightMin.gate FlightMinOrderBy.gate FlightOrderBy.gate FlightProperty.gate FlightWhere.gate',
    ],
  },
  {
    what: 'a property renamed, its id the same',
    edits: [
      [
        '{ name: delay, id: delay_minutes, logicalType: integer, classification: internal, description: Minutes. }',
        '{ name: late, id: delay_minutes, logicalType: integer, classification: internal, description: Minutes. }',
      ],
    ],
    found: [
      'PROPERTY_RENAMED | breaking | major | flights.late | Flight.delay Flight.late FlightAvg.delay FlightAvg.late FlightAvgOrderBy.delay FlightAvgOrderBy.late FlightCountDistinct.delay FlightCountDistinct.late FlightCountDistinctOrderBy.delay FlightCountDistinctOrderBy.late FlightGroupKey.delay FlightGroupKey.late FlightGroupKeyOrderBy.delay FlightGroupKeyOrderBy.late FlightMax.delay FlightMax.late FlightMaxOrderBy.delay FlightMaxOrderBy.late FlightMin.delay FlightMin.late FlightMinOrderBy.delay FlightMinOrderBy.late FlightOrderBy.delay FlightOrderBy.late FlightProperty.delay FlightProperty.late FlightSum.delay FlightSum.late FlightSumOrderBy.delay FlightSumOrderBy.late FlightWhere.delay FlightWhere.late',
    ],
  },
  {
    what: 'a property renamed without an id',
    edits: [['name: note', 'name: remark']],
    found: [
      'PROPERTY_REMOVED | breaking | major | flights.note | Flight.note FlightCountDistinct.note FlightCountDistinctOrderBy.note FlightGroupKey.note FlightGroupKeyOrderBy.note FlightMax.note FlightMaxOrderBy.note FlightMin.note FlightMinOrderBy.note FlightOrderBy.note FlightProperty.note FlightWhere.note',
      'PROPERTY_ADDED | safe | minor | flights.remark | Flight.remark FlightCountDistinct.remark FlightCountDistinctOrderBy.remark FlightGroupKey.remark FlightGroupKeyOrderBy.remark FlightMax.remark FlightMaxOrderBy.remark FlightMin.remark FlightMinOrderBy.remark FlightOrderBy.remark FlightProperty.remark FlightWhere.remark',
    ],
  },
  {
    what: 'a field renamed by graphqlName',
    edits: [['{ name: note, ', '{ name: note, customProperties: [{ property: graphqlName, value: remark }], ']],
    found: [
      'PROPERTY_RENAMED | breaking | major | flights.note | Flight.note Flight.remark FlightCountDistinct.note FlightCountDistinct.remark FlightCountDistinctOrderBy.note FlightCountDistinctOrderBy.remark FlightGroupKey.note FlightGroupKey.remark FlightGroupKeyOrderBy.note FlightGroupKeyOrderBy.remark FlightMax.note FlightMax.remark FlightMaxOrderBy.note FlightMaxOrderBy.remark FlightMin.note FlightMin.remark FlightMinOrderBy.note FlightMinOrderBy.remark FlightOrderBy.note FlightOrderBy.remark FlightProperty.note FlightProperty.remark FlightWhere.note FlightWhere.remark',
      'DETAILS_CHANGED | safe | patch | flights.note | ',
    ],
  },
  {
    what: 'a type changed',
    edits: [
      [
        '{ name: note, logicalType: string, logicalTypeOptions: { maxLength: 80 }',
        '{ name: note, logicalType: integer',
      ],
    ],
    found: [
      'PROPERTY_TYPE_CHANGED | breaking | major | flights.note | Flight.note FlightAvg.note FlightAvgOrderBy.note FlightGroupKey.note FlightMax.note FlightMin.note FlightSum.note FlightSumOrderBy.note FlightWhere.note',
      'CONSTRAINT_LOOSENED | risky | minor | flights.note | Flight.note FlightAvg.note FlightAvgOrderBy.note FlightCountDistinct.note FlightCountDistinctOrderBy.note FlightGroupKey.note FlightGroupKeyOrderBy.note FlightMax.note FlightMaxOrderBy.note FlightMin.note FlightMinOrderBy.note FlightOrderBy.note FlightProperty.note FlightSum.note FlightSumOrderBy.note FlightWhere.note',
    ],
  },
  {
    what: 'a number made wider in the graph',
    edits: [
      [
        '{ name: delay, id: delay_minutes, logicalType: integer, classification: internal, description: Minutes. }',
        '{ name: delay, id: delay_minutes, logicalType: integer, physicalType: bigint, classification: internal, description: Minutes. }',
      ],
    ],
    found: [
      'PROPERTY_TYPE_CHANGED | breaking | major | flights.delay | Flight.delay FlightGroupKey.delay FlightMax.delay FlightMin.delay FlightSum.delay FlightWhere.delay',
    ],
  },
  {
    what: 'a property made a list',
    edits: [
      [
        '{ name: tail, logicalType: string, required: true, unique: true }',
        '{ name: tail, logicalType: array, items: { logicalType: string }, required: true }',
      ],
    ],
    found: [
      'PROPERTY_TYPE_CHANGED | breaking | major | flights.tail | Flight.tail FlightCountDistinct.tail FlightCountDistinctOrderBy.tail FlightGroupKey.tail FlightGroupKeyOrderBy.tail FlightMax.tail FlightMaxOrderBy.tail FlightMin.tail FlightMinOrderBy.tail FlightOrderBy.tail FlightProperty.tail FlightWhere.tail',
      'UNIQUE_DROPPED | risky | minor | flights.tail | Flight',
      'STRUCTURE_CHANGED | risky | minor | flights.tail | Flight.tail FlightCountDistinct.tail FlightCountDistinctOrderBy.tail FlightGroupKey.tail FlightGroupKeyOrderBy.tail FlightMax.tail FlightMaxOrderBy.tail FlightMin.tail FlightMinOrderBy.tail FlightOrderBy.tail FlightProperty.tail FlightWhere.tail',
    ],
  },
  {
    what: 'a property made required',
    edits: [
      [
        '{ name: delay, id: delay_minutes, logicalType: integer, classification: internal, description: Minutes. }',
        '{ name: delay, id: delay_minutes, logicalType: integer, required: true, classification: internal, description: Minutes. }',
      ],
    ],
    found: ['PROPERTY_REQUIRED | safe | minor | flights.delay | Flight.delay'],
  },
  {
    what: 'a property made optional',
    edits: [['{ name: day, logicalType: date, required: true }', '{ name: day, logicalType: date }']],
    found: ['PROPERTY_OPTIONAL | breaking | major | flights.day | Flight.day'],
  },
  {
    what: 'the only date removed',
    edits: [['      - { name: day, logicalType: date, required: true }\n', '']],
    found: [
      'PROPERTY_REMOVED | breaking | major | flights.day | Flight.day FlightCountDistinct.day FlightCountDistinctOrderBy.day FlightGroupBy.truncate FlightGroupKey.day FlightGroupKeyOrderBy.day FlightMax.day FlightMaxOrderBy.day FlightMin.day FlightMinOrderBy.day FlightOrderBy.day FlightProperty.day FlightWhere.day',
    ],
  },
  {
    what: 'an enum value added',
    edits: [['{ value: LATE }', '{ value: LATE }, { value: GONE }']],
    found: [
      'ENUM_VALUE_ADDED | risky | minor | flights.status | Flight.status FlightGroupKey.status FlightStatus.GONE',
    ],
  },
  {
    what: 'an enum value removed',
    edits: [[', { value: LATE }', '']],
    found: ['ENUM_VALUE_REMOVED | breaking | major | flights.status | FlightStatus.LATE'],
  },
  {
    what: 'an enum value described',
    edits: [['{ value: LATE }', '{ value: LATE, description: Fifteen minutes or more. }']],
    found: ['DESCRIPTION_CHANGED | safe | patch | flights.status | FlightStatus.LATE'],
  },
  {
    what: 'an enum value with another value behind it',
    edits: [
      ['{ value: LATE }', '{ value: late, description: x }'],
      ['{ value: ON_TIME }', '{ value: ON_TIME }'],
    ],
    found: ['DESCRIPTION_CHANGED | safe | patch | flights.status | FlightStatus.LATE'],
  },
  {
    what: 'an enum dropped',
    edits: [[', enum: [{ value: ON_TIME }, { value: LATE }]', '']],
    found: [
      'PROPERTY_TYPE_CHANGED | breaking | major | flights.status | Flight.status FlightGroupKey.status FlightMax.status FlightMaxOrderBy.status FlightMin.status FlightMinOrderBy.status FlightStatus FlightStatus.LATE FlightStatus.ON_TIME FlightStatusFilter FlightStatusFilter.eq FlightStatusFilter.in FlightStatusFilter.isNull FlightStatusFilter.ne FlightStatusFilter.notIn FlightWhere.status',
    ],
  },
  {
    what: 'an enum introduced',
    edits: [
      [
        '{ name: originIata, logicalType: string, relationships: [{ to: airports.iata }] }',
        '{ name: originIata, logicalType: string, enum: [{ value: SEA }], relationships: [{ to: airports.iata }] }',
      ],
    ],
    found: [
      'PROPERTY_TYPE_CHANGED | breaking | major | flights.originIata | Flight.originIata FlightGroupKey.originIata FlightMax.originIata FlightMaxOrderBy.originIata FlightMin.originIata FlightMinOrderBy.originIata FlightOriginIata FlightOriginIata.SEA FlightOriginIataFilter FlightOriginIataFilter.eq FlightOriginIataFilter.in FlightOriginIataFilter.isNull FlightOriginIataFilter.ne FlightOriginIataFilter.notIn FlightWhere.originIata',
    ],
  },
  {
    what: 'a column renamed',
    edits: [
      [
        '{ name: delay, id: delay_minutes, logicalType: integer, classification: internal, description: Minutes. }',
        '{ name: delay, id: delay_minutes, logicalType: integer, physicalName: dly, classification: internal, description: Minutes. }',
      ],
    ],
    found: ['COLUMN_RENAMED | risky | major | flights.delay | '],
  },
  {
    what: 'a column of another type',
    edits: [['{ name: note, logicalType: string', '{ name: note, logicalType: string, physicalType: uuid']],
    found: ['COLUMN_TYPE_CHANGED | risky | major | flights.note | '],
  },
  {
    what: 'a column widened',
    edits: [['decimal(10,2)', 'decimal(12,2)']],
    found: ['COLUMN_WIDENED | risky | minor | flights.fare | '],
  },
  {
    what: 'a column narrowed',
    edits: [['decimal(10,2)', 'decimal(8,2)']],
    found: ['COLUMN_NARROWED | safe | minor | flights.fare | '],
  },
  {
    what: 'a column with more digits and a smaller scale',
    edits: [['decimal(10,2)', 'decimal(12,0)']],
    found: ['COLUMN_TYPE_CHANGED | risky | major | flights.fare | '],
  },
  {
    what: 'another key',
    edits: [
      [
        '{ name: day, logicalType: date, required: true }',
        '{ name: day, logicalType: date, primaryKey: true, primaryKeyPosition: 2 }',
      ],
    ],
    found: [
      'KEY_CHANGED | breaking | major | flights | Flight Query.flight Query.flight(day:) Query.flight(id:)',
      'PROPERTY_TYPE_CHANGED | breaking | major | flights.id | Flight.id FlightGroupKey.id FlightMax.id FlightMin.id FlightWhere.id',
      'UNIQUE_DROPPED | risky | minor | flights.id | ',
      'DETAILS_CHANGED | safe | patch | flights.day | ',
    ],
  },
  {
    what: 'uniqueness dropped',
    edits: [['required: true, unique: true', 'required: true']],
    found: ['UNIQUE_DROPPED | risky | minor | flights.tail | Flight'],
  },
  {
    what: 'uniqueness added',
    edits: [
      ['name: day, logicalType: date, required: true', 'name: day, logicalType: date, required: true, unique: true'],
    ],
    found: ['UNIQUE_ADDED | safe | minor | flights.day | Flight'],
  },
  {
    what: 'a relationship removed',
    edits: [[', relationships: [{ to: airports.iata }]', '']],
    found: [
      'RELATIONSHIP_REMOVED | breaking | major | flights.originIata | Airport.flightAggregateByOrigin Airport.flightAggregateByOrigin(first:) Airport.flightAggregateByOrigin(groupBy:) Airport.flightAggregateByOrigin(orderBy:) Airport.flightAggregateByOrigin(where:) Airport.flightsByOrigin Airport.flightsByOrigin(after:) Airport.flightsByOrigin(before:) Airport.flightsByOrigin(first:) Airport.flightsByOrigin(last:) Airport.flightsByOrigin(orderBy:) Airport.flightsByOrigin(where:) Flight.origin',
    ],
  },
  {
    what: 'a relationship added',
    edits: [['{ name: note, ', '{ name: note, relationships: [{ to: ports.iata }], ']],
    found: [
      'RELATIONSHIP_ADDED | safe | minor | flights.note | Flight.port Port.flightAggregate Port.flightAggregate(first:) Port.flightAggregate(groupBy:) Port.flightAggregate(orderBy:) Port.flightAggregate(where:) Port.flights Port.flights(after:) Port.flights(before:) Port.flights(first:) Port.flights(last:) Port.flights(orderBy:) Port.flights(where:)',
    ],
  },
  {
    what: 'a relationship that leads elsewhere',
    edits: [['airports.iata', 'ports.iata']],
    found: [
      'RELATIONSHIP_RETARGETED | breaking | major | flights.originIata | Airport.flightAggregateByOrigin Airport.flightAggregateByOrigin(first:) Airport.flightAggregateByOrigin(groupBy:) Airport.flightAggregateByOrigin(orderBy:) Airport.flightAggregateByOrigin(where:) Airport.flightsByOrigin Airport.flightsByOrigin(after:) Airport.flightsByOrigin(before:) Airport.flightsByOrigin(first:) Airport.flightsByOrigin(last:) Airport.flightsByOrigin(orderBy:) Airport.flightsByOrigin(where:) Flight.origin Port.flightAggregateByOrigin Port.flightAggregateByOrigin(first:) Port.flightAggregateByOrigin(groupBy:) Port.flightAggregateByOrigin(orderBy:) Port.flightAggregateByOrigin(where:) Port.flightsByOrigin Port.flightsByOrigin(after:) Port.flightsByOrigin(before:) Port.flightsByOrigin(first:) Port.flightsByOrigin(last:) Port.flightsByOrigin(orderBy:) Port.flightsByOrigin(where:)',
    ],
  },
  {
    what: 'a relationship renamed',
    edits: [
      ['{ to: airports.iata }', '{ to: airports.iata, customProperties: [{ property: graphqlName, value: from }] }'],
    ],
    found: [
      'RELATIONSHIP_RENAMED | breaking | major | flights.originIata | Airport.flightAggregateByFrom Airport.flightAggregateByOrigin Airport.flightsByFrom Airport.flightsByOrigin Flight.from Flight.origin',
    ],
  },
  {
    what: 'a relationship written otherwise',
    edits: [['{ to: airports.iata }', '{ to: airports.iata, type: foreignKey }']],
    found: ['DETAILS_CHANGED | safe | patch | flights.originIata | '],
  },
  {
    what: 'a measure computed otherwise',
    edits: [['avg(delay)', 'avg(fare)']],
    found: [
      'EXPRESSION_CHANGED | risky | minor | flights.meanDelay | FlightAggregate.meanDelay FlightAggregateOrderBy.meanDelay',
    ],
  },
  {
    what: 'a dimension computed otherwise',
    edits: [['delay > 15', 'delay > 20']],
    found: [
      'EXPRESSION_CHANGED | risky | minor | flights.punctuality | FlightGroupKey.punctuality FlightGroupKeyOrderBy.punctuality FlightProperty.punctuality FlightWhere.punctuality',
    ],
  },
  {
    what: 'a measure removed',
    edits: [
      ['      - { name: meanDelay, semanticType: measure, logicalType: number, transformLogic: avg(delay) }\n', ''],
    ],
    found: [
      'MEASURE_REMOVED | breaking | major | flights.meanDelay | FlightAggregate.meanDelay FlightAggregateOrderBy.meanDelay',
    ],
  },
  {
    what: 'a measure added',
    edits: [
      [
        'slaProperties',
        '      - { name: most, semanticType: measure, logicalType: integer, transformLogic: max(delay) }\nslaProperties',
      ],
    ],
    found: ['MEASURE_ADDED | safe | minor | flights.most | FlightAggregate.most FlightAggregateOrderBy.most'],
  },
  {
    what: 'a dimension removed',
    edits: [
      [
        "      - { name: punctuality, semanticType: dimension, logicalType: string, transformLogic: \"case when delay > 15 then 'late' else 'fine' end\" }\n",
        '',
      ],
    ],
    found: [
      'DIMENSION_REMOVED | breaking | major | flights.punctuality | FlightGroupKey.punctuality FlightGroupKeyOrderBy.punctuality FlightProperty.punctuality FlightWhere.punctuality',
    ],
  },
  {
    what: 'a dimension added',
    edits: [
      [
        'slaProperties',
        "      - { name: far, semanticType: dimension, logicalType: boolean, transformLogic: 'fare > 500' }\nslaProperties",
      ],
    ],
    found: [
      'DIMENSION_ADDED | safe | minor | flights.far | FlightGroupKey.far FlightGroupKeyOrderBy.far FlightProperty.far FlightWhere.far',
    ],
  },
  {
    what: 'a measure of another type',
    edits: [['measure, logicalType: number', 'measure, logicalType: integer']],
    found: ['PROPERTY_TYPE_CHANGED | breaking | major | flights.meanDelay | FlightAggregate.meanDelay'],
  },
  {
    what: 'a property deprecated',
    edits: [
      [
        '{ name: delay, id: delay_minutes, logicalType: integer, classification: internal, description: Minutes. }',
        '{ name: delay, id: delay_minutes, logicalType: integer, classification: internal, description: Minutes., deprecated: true }',
      ],
    ],
    found: ['DEPRECATED | safe | minor | flights.delay | Flight.delay'],
  },
  {
    what: 'a property described otherwise',
    edits: [['Minutes.', 'Minutes late.']],
    found: ['DESCRIPTION_CHANGED | safe | patch | flights.delay | Flight.delay'],
  },
  {
    what: 'an object described otherwise',
    edits: [['One row a flight.', 'A flight.']],
    found: ['DESCRIPTION_CHANGED | safe | patch | flights | Flight Query.flights'],
  },
  {
    what: 'a tag on a property',
    edits: [
      [
        '{ name: delay, id: delay_minutes, logicalType: integer, classification: internal, description: Minutes. }',
        '{ name: delay, id: delay_minutes, logicalType: integer, classification: internal, description: Minutes., tags: [pii] }',
      ],
    ],
    found: [
      'TAG_ADDED | risky | minor | flights.delay | Flight.delay FlightAvg.delay FlightAvgOrderBy.delay FlightCountDistinct.delay FlightCountDistinctOrderBy.delay FlightGroupKey.delay FlightGroupKeyOrderBy.delay FlightMax.delay FlightMaxOrderBy.delay FlightMin.delay FlightMinOrderBy.delay FlightOrderBy.delay FlightProperty.delay FlightSum.delay FlightSumOrderBy.delay FlightWhere.delay',
    ],
  },
  {
    what: 'a tag on an object',
    edits: [['id: flights_object', 'id: flights_object\n    tags: [fact]']],
    found: [
      'TAG_ADDED | risky | minor | flights.originIata | Airport.flightAggregateByOrigin Airport.flightsByOrigin',
      'TAG_ADDED | risky | minor | flights | Flight FlightAggregate FlightAggregateOrderBy FlightAvg FlightAvgOrderBy FlightConnection FlightCountDistinct FlightCountDistinctOrderBy FlightEdge FlightGroupBy FlightGroupKey FlightGroupKeyOrderBy FlightMax FlightMaxOrderBy FlightMin FlightMinOrderBy FlightOrderBy FlightProperty FlightSum FlightSumOrderBy FlightWhere Query.flight Query.flightAggregate Query.flights',
    ],
  },
  {
    what: 'a classification tightened',
    edits: [['classification: internal', 'classification: restricted']],
    found: [
      'CLASSIFICATION_TIGHTENED | breaking | major | flights.delay | Flight.delay FlightAvg.delay FlightAvgOrderBy.delay FlightCountDistinct.delay FlightCountDistinctOrderBy.delay FlightGroupKey.delay FlightGroupKeyOrderBy.delay FlightMax.delay FlightMaxOrderBy.delay FlightMin.delay FlightMinOrderBy.delay FlightOrderBy.delay FlightProperty.delay FlightSum.delay FlightSumOrderBy.delay FlightWhere.delay',
    ],
  },
  {
    what: 'a classification loosened',
    edits: [['classification: internal', 'classification: public']],
    found: [
      'CLASSIFICATION_LOOSENED | safe | minor | flights.delay | Flight.delay FlightAvg.delay FlightAvgOrderBy.delay FlightCountDistinct.delay FlightCountDistinctOrderBy.delay FlightGroupKey.delay FlightGroupKeyOrderBy.delay FlightMax.delay FlightMaxOrderBy.delay FlightMin.delay FlightMinOrderBy.delay FlightOrderBy.delay FlightProperty.delay FlightSum.delay FlightSumOrderBy.delay FlightWhere.delay',
    ],
  },
  {
    what: 'a classification of another word',
    edits: [['classification: internal', 'classification: blue']],
    found: [
      'CLASSIFICATION_CHANGED | risky | minor | flights.delay | Flight.delay FlightAvg.delay FlightAvgOrderBy.delay FlightCountDistinct.delay FlightCountDistinctOrderBy.delay FlightGroupKey.delay FlightGroupKeyOrderBy.delay FlightMax.delay FlightMaxOrderBy.delay FlightMin.delay FlightMinOrderBy.delay FlightOrderBy.delay FlightProperty.delay FlightSum.delay FlightSumOrderBy.delay FlightWhere.delay',
    ],
  },
  {
    what: 'a constraint loosened',
    edits: [['maxLength: 80', 'maxLength: 90']],
    found: [
      'CONSTRAINT_LOOSENED | risky | minor | flights.note | Flight.note FlightCountDistinct.note FlightCountDistinctOrderBy.note FlightGroupKey.note FlightGroupKeyOrderBy.note FlightMax.note FlightMaxOrderBy.note FlightMin.note FlightMinOrderBy.note FlightOrderBy.note FlightProperty.note FlightWhere.note',
    ],
  },
  {
    what: 'a constraint tightened',
    edits: [['maxLength: 80', 'maxLength: 40']],
    found: [
      'CONSTRAINT_TIGHTENED | safe | minor | flights.note | Flight.note FlightCountDistinct.note FlightCountDistinctOrderBy.note FlightGroupKey.note FlightGroupKeyOrderBy.note FlightMax.note FlightMaxOrderBy.note FlightMin.note FlightMinOrderBy.note FlightOrderBy.note FlightProperty.note FlightWhere.note',
    ],
  },
  {
    what: 'a constraint more',
    edits: [['maxLength: 80', "maxLength: 80, pattern: '^a'"]],
    found: [
      'CONSTRAINT_TIGHTENED | safe | minor | flights.note | Flight.note FlightCountDistinct.note FlightCountDistinctOrderBy.note FlightGroupKey.note FlightGroupKeyOrderBy.note FlightMax.note FlightMaxOrderBy.note FlightMin.note FlightMinOrderBy.note FlightOrderBy.note FlightProperty.note FlightWhere.note',
    ],
  },
  {
    what: 'the inside of a structure',
    edits: [['name: seats', 'name: places']],
    found: ['STRUCTURE_CHANGED | risky | minor | flights.extra | Flight.extra'],
  },
  {
    what: 'a quality rule loosened',
    edits: [['mustBeGreaterThan: 100', 'mustBeGreaterThan: 10']],
    found: ['QUALITY_LOOSENED | risky | minor | flights | '],
  },
  {
    what: 'a quality rule tightened',
    edits: [['mustBeLessThan: 5', 'mustBeLessThan: 4']],
    found: [
      'QUALITY_TIGHTENED | safe | minor | flights.note | Flight.note FlightCountDistinct.note FlightCountDistinctOrderBy.note FlightGroupKey.note FlightGroupKeyOrderBy.note FlightMax.note FlightMaxOrderBy.note FlightMin.note FlightMinOrderBy.note FlightOrderBy.note FlightProperty.note FlightWhere.note',
    ],
  },
  {
    what: 'a quality rule that only warns',
    edits: [['mustBeGreaterThan: 100 }', 'mustBeGreaterThan: 100, severity: warning }']],
    found: ['QUALITY_LOOSENED | risky | minor | flights | '],
  },
  {
    what: 'a quality rule of something else',
    edits: [['metric: nullValues', "metric: missingValues, arguments: { missingValues: [''] }"]],
    found: [
      'QUALITY_CHANGED | risky | minor | flights.note | Flight.note FlightCountDistinct.note FlightCountDistinctOrderBy.note FlightGroupKey.note FlightGroupKeyOrderBy.note FlightMax.note FlightMaxOrderBy.note FlightMin.note FlightMinOrderBy.note FlightOrderBy.note FlightProperty.note FlightWhere.note',
    ],
  },
  {
    what: 'a quality rule removed',
    edits: [[', quality: [{ id: noted, metric: nullValues, mustBeLessThan: 5 }]', '']],
    found: [
      'QUALITY_REMOVED | risky | minor | flights.note | Flight.note FlightCountDistinct.note FlightCountDistinctOrderBy.note FlightGroupKey.note FlightGroupKeyOrderBy.note FlightMax.note FlightMaxOrderBy.note FlightMin.note FlightMinOrderBy.note FlightOrderBy.note FlightProperty.note FlightWhere.note',
    ],
  },
  {
    what: 'a quality rule added',
    edits: [
      [
        '{ name: delay, id: delay_minutes, logicalType: integer, classification: internal, description: Minutes. }',
        '{ name: delay, id: delay_minutes, logicalType: integer, classification: internal, description: Minutes., quality: [{ id: known, metric: nullValues, mustBe: 0 }] }',
      ],
    ],
    found: [
      'QUALITY_ADDED | safe | minor | flights.delay | Flight.delay FlightAvg.delay FlightAvgOrderBy.delay FlightCountDistinct.delay FlightCountDistinctOrderBy.delay FlightGroupKey.delay FlightGroupKeyOrderBy.delay FlightMax.delay FlightMaxOrderBy.delay FlightMin.delay FlightMinOrderBy.delay FlightOrderBy.delay FlightProperty.delay FlightSum.delay FlightSumOrderBy.delay FlightWhere.delay',
    ],
  },
  {
    what: 'a promise worse: seldomer',
    edits: [['frequency, value: 1', 'frequency, value: 2']],
    found: ['SLA_WORSE | risky | minor | slaProperties.frequency | '],
  },
  {
    what: 'a promise better: fresher, in another unit',
    edits: [['value: 2, unit: h', 'value: 60, unit: min']],
    found: ['SLA_BETTER | safe | minor | slaProperties.freshness | '],
  },
  {
    what: 'a promise worse: kept shorter',
    edits: [['value: 3, unit: y', 'value: 30, unit: mo']],
    found: ['SLA_WORSE | risky | minor | slaProperties.retention | '],
  },
  {
    what: 'a promise better: more available',
    edits: [['99.5', '99.9']],
    found: ['SLA_BETTER | safe | minor | slaProperties.availability | '],
  },
  {
    what: 'a promise the same in another unit',
    edits: [['value: 2, unit: h', 'value: 120, unit: min']],
    found: ['DETAILS_CHANGED | safe | patch | slaProperties.freshness | '],
  },
  {
    what: 'a promise removed',
    edits: [['  - { property: availability, value: 99.5, unit: percent }\n', '']],
    found: ['SLA_REMOVED | risky | minor | slaProperties.availability | '],
  },
  {
    what: 'a promise of an end',
    edits: [['slaProperties:', "slaProperties:\n  - { property: endOfSupport, value: '2030-01-01' }"]],
    found: ['SLA_WORSE | risky | minor | slaProperties.endOfSupport | '],
  },
  {
    what: 'a price raised',
    edits: [['9.95', '19.95']],
    found: ['PRICE_RAISED | risky | minor | price | '],
  },
  {
    what: 'a price lowered',
    edits: [['9.95', '0.95']],
    found: ['PRICE_LOWERED | safe | patch | price | '],
  },
  {
    what: 'a price in another currency',
    edits: [['USD', 'EUR']],
    found: ['PRICE_CHANGED | risky | minor | price | '],
  },
  {
    what: 'no price any more',
    edits: [['price: { priceAmount: 9.95, priceCurrency: USD, priceUnit: megabyte }\n', '']],
    found: ['PRICE_LOWERED | safe | patch | price | '],
  },
  {
    what: 'a role that gives other access',
    edits: [['access: read', 'access: all']],
    found: ['ROLE_CHANGED | risky | minor | roles.reader | '],
  },
  {
    what: 'other approvers',
    edits: [['firstLevelApprovers: ada', 'firstLevelApprovers: bob']],
    found: ['APPROVERS_CHANGED | safe | patch | roles.reader | '],
  },
  {
    what: 'a role more, and one less',
    edits: [['role: reader', 'role: analyst']],
    found: ['ROLE_REMOVED | risky | minor | roles.reader | ', 'ROLE_ADDED | safe | minor | roles.analyst | '],
  },
  {
    what: 'the product deprecated',
    edits: [['status: active\ndesc', 'status: deprecated\ndesc']],
    found: ['PRODUCT_DEPRECATED | risky | minor | status | '],
  },
  {
    what: 'the product in another status',
    edits: [['status: active\ndesc', 'status: proposed\ndesc']],
    found: ['STATUS_CHANGED | safe | patch | status | '],
  },
  {
    what: 'another version',
    edits: [['version: 1.4.0\nstatus: active\ndesc', 'version: 1.5.0\nstatus: active\ndesc']],
    found: ['VERSION_CHANGED | safe | none | version | '],
  },
  {
    what: 'another team',
    edits: [['ada@operations', 'bob@operations']],
    found: ['TEAM_CHANGED | safe | patch | team | '],
  },
  {
    what: 'other help',
    edits: [['https://chat', 'https://help']],
    found: ['SUPPORT_CHANGED | safe | patch | support | '],
  },
  {
    what: 'other tags of the product',
    edits: [['tags: [facts]', 'tags: [facts, core]']],
    found: ['PRODUCT_TAGS_CHANGED | safe | patch | tags | '],
  },
  {
    what: 'the product described otherwise',
    edits: [['Every flight.', 'All flights.']],
    found: ['DESCRIPTION_CHANGED | safe | patch | description | '],
  },
  {
    what: 'what Weft only keeps',
    edits: [['value: gold', 'value: silver']],
    found: ['DETAILS_CHANGED | safe | patch | product | '],
  },
  {
    what: 'an output port more',
    edits: [['outputPorts:\n', 'outputPorts:\n  - { name: files, version: 1.0.0, type: files }\n']],
    found: ['OUTPUT_PORT_ADDED | safe | minor | outputPorts.files | '],
  },
  {
    what: 'an output port of another version',
    edits: [['name: out, version: 1.4.0', 'name: out, version: 1.4.1']],
    found: ['OUTPUT_PORT_CHANGED | safe | patch | outputPorts.out | '],
  },
  {
    what: 'an input port of another name',
    edits: [['name: source, version', 'name: raw, version']],
    found: [
      'INPUT_PORT_REMOVED | risky | patch | inputPorts.source | ',
      'INPUT_PORT_ADDED | risky | patch | inputPorts.raw | ',
    ],
  },
  {
    what: 'another source',
    edits: [['path: flights.csv', 'path: other.csv']],
    found: ['SOURCE_CHANGED | risky | patch | operations/flights/source | '],
  },
  {
    what: 'rows made otherwise',
    edits: [['select * from rows', 'select * from rows where true']],
    found: [
      'TRANSFORM_CHANGED | risky | patch | flights | Flight FlightAggregate FlightAggregateOrderBy FlightConnection FlightEdge FlightGroupBy FlightOrderBy FlightProperty FlightWhere FlightWhereList Query.flight Query.flightAggregate Query.flights',
    ],
  },
];

test.each(ROWS)('of a contract: $what', ({ what, edits, found }) => {
  const base = NEED_IT_ALONE.has(what) ? DELAY_ALONE : [];
  const named = between(editedFlights(...base), editedFlights(...base, ...edits));
  expect(
    named.map(({ code, weight, bump, subject, coordinates }) =>
      [code, weight, bump, subject, coordinates.join(' ')].join(' | '),
    ),
  ).toEqual(found);
  // What stands in the new documents is found there.
  for (const { file, path } of named) expect(path === null || file !== null).toBe(true);
});

test('an object that is renamed takes all of its own with it, and nothing is told twice', () => {
  const named = between(editedFlights(), editedFlights(['  - name: flights\n', '  - name: trips\n']));
  expect(named.map(({ code, subject }) => `${code} ${subject}`)).toEqual([
    'OBJECT_RENAMED trips',
    'RELATIONSHIP_RENAMED trips.originIata',
  ]);
  expect(named[0]?.coordinates).toEqual(
    expect.arrayContaining(['Query.flights', 'Flight.delay', 'FlightWhere.delay', 'FlightProperty.delay', 'FlightSum']),
  );
});

test('an object removed, and one added, are told each by itself', () => {
  const crews =
    '  - name: crews\n    properties: [{ name: id, logicalType: string, primaryKey: true, required: true }]\nslaProperties:';
  const remade = editedFlights(['slaProperties:', crews]).map((file) =>
    file.path === 'transform.sql' ? { ...file, path: 'flights.transform.sql' } : file,
  );
  const both = [...remade, { path: 'crews.transform.sql', text: 'select id from rows' }];
  const short = ({ code, weight, subject }: { code: string; weight: string; subject: string }) =>
    `${code} ${weight} ${subject}`;
  expect(between(editedFlights(), both).map(short)).toEqual(['OBJECT_ADDED safe crews']);
  const back = between(both, editedFlights());
  expect(back.map(short)).toEqual(['OBJECT_REMOVED breaking crews']);
  expect(back[0]?.coordinates).toEqual(expect.arrayContaining(['Crew', 'Query.crews', 'Query.crew', 'CrewWhere.id']));
});

test('the table of codes gives each a weight and a step that fit one another', () => {
  for (const { weight, bump } of Object.values(CHANGES)) {
    if (weight === 'breaking') expect(bump).toBe('major');
    if (weight === 'safe') expect(bump).not.toBe('major');
  }
});
