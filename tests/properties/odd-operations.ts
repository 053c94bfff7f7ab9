/** An operation that nobody writes: variables are JSON text, for some keys are nothing in an object literal. */
export type Odd = readonly [name: string, query: string, variables?: string, operationName?: string];

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

const TWO = 'query A { flights { totalCount } } query B { gates { totalCount } }';
const PLACES = ['id', 'delay', 'phase', 'origin { iata }'];

/** Odd operations of the mesh in this folder, by what is odd in them. */
export const ODD: Readonly<Record<string, readonly Odd[]>> = {
  documents: [
    ['of nothing but spaces', ' '],
    ['that end early', '{ flights { totalCount }'],
    ['with a byte order mark, commas and comments', '\ufeff,,{ # {\n flights, { totalCount, } # }\n },'],
    ['of two operations, one of them asked for', TWO, '{}', 'B'],
    ['of two operations, none asked for', TWO],
    ['of two operations, another asked for', TWO, '{}', 'C'],
    [
      'of an operation without a name beside another',
      '{ flights { totalCount } } query B { gates { totalCount } }',
      '{}',
      'B',
    ],
    [
      'whose operations share fragments',
      'query A($n: Int) { flights(first: $n) { ...C } } query B($n: Int = 2) { flights(first: $n) { ...C } } fragment C on FlightConnection { nodes { id } }',
      '{}',
      'B',
    ],
    ['of an operation named like a property', 'query __proto__ { flights { totalCount } }', '{}', '__proto__'],
    [
      'that include by null what no row is there for',
      'query ($on: Boolean = true) { flightAggregate(groupBy: [{ property: id }], first: 0) { count @include(if: $on) } flights(first: 0) { nodes { id @skip(if: $on) } } }',
      '{"on":null}',
    ],
    [
      'that include by null what is of a group',
      'query ($on: Boolean = true) { flightAggregate { count @include(if: $on) } }',
      '{"on":null}',
    ],
    ['with a mutation', 'mutation { flights { totalCount } }'],
    ['with a fragment that nothing uses', '{ flights { totalCount } } fragment F on Flight { id }'],
    ['with a fragment in itself', '{ flights { nodes { ...F } } } fragment F on Flight { id ...F }'],
    [
      'with fragments named like properties',
      '{ flights { nodes { ...__proto__ ...constructor ...toString } } } fragment __proto__ on Flight { id } fragment constructor on Flight { delay } fragment toString on Flight { ...__proto__ day }',
    ],
    [
      'of forty fragments in one another',
      `{ flights { nodes { ...F0 } } } ${range(40)
        .map((i) => `fragment F${i} on Flight { f${i}: id ${i < 39 ? `...F${i + 1}` : ''} }`)
        .join(' ')}`,
    ],
    [
      'of a hundred inline fragments in one another',
      `{ flights { nodes ${'{ ... '.repeat(100)}{ id }${' ... on Flight { delay } }'.repeat(100)} } }`,
    ],
    [
      'with one fragment forty times',
      `{ flights { nodes { ${'...F '.repeat(40)} } } } fragment F on Flight { id origin { iata } }`,
    ],
    [
      'that look at the schema beside the data',
      '{ __schema { queryType { name } } __type(name: "Flight") { name fields { name } } flights { totalCount } }',
    ],
  ],
  selections: [
    [
      'of two hundred aliases',
      `{ flights { nodes { ${range(200)
        .map((i) => `a${i}: ${PLACES[i % 4] ?? ''}`)
        .join(' ')} } } }`,
    ],
    [
      'of a hundred root fields',
      `{ ${range(100)
        .map((i) => `r${i}: flights(first: ${i % 5}) { totalCount nodes { id } }`)
        .join(' ')} }`,
    ],
    ['of one field a hundred times', `{ ${'flights(first: 1) { nodes { id } nodes { delay } } '.repeat(100)} }`],
    [
      'of nothing but names of types',
      '{ __typename a: __typename flights { __typename nodes { __typename } edges { __typename node { __typename } } pageInfo { __typename } } flightAggregate { __typename sum { __typename } key { __typename } } ... on Query { b: __typename } }',
    ],
    [
      'under keys that objects have of themselves',
      '{ __proto__: flights { constructor: nodes { __proto__: id toString: delay hasOwnProperty: origin { __proto__: iata valueOf: name } } } constructor: flightAggregate { __proto__: count toString: sum { __proto__: delay } } }',
    ],
    [
      'whose aliases are the names of other fields',
      '{ flights: gates { nodes: totalCount totalCount: nodes { number: terminal terminal: number airport { iata: city city: iata } } } gates: flights { pageInfo: edges { node: cursor cursor: node { id: delay delay: id } } } }',
    ],
    ['that are all left out', '{ flights { nodes @skip(if: true) { id } totalCount @include(if: false) } }'],
    ['of which all root fields are left out', '{ flights @skip(if: true) { totalCount } }'],
    [
      'left out and put in at once',
      '{ flights { a: totalCount @skip(if: true) @include(if: true) b: totalCount @skip(if: false) @include(if: true) c: totalCount @skip(if: false) @include(if: false) } }',
    ],
    [
      'of fragments left out and put in',
      'query ($y: Boolean!, $n: Boolean = false) { flights { ...C @skip(if: $n) @include(if: $y) ... on FlightConnection @skip(if: $y) @include(if: $y) { a: totalCount } ... @include(if: $n) { b: totalCount } } } fragment C on FlightConnection { nodes @include(if: $y) { id @skip(if: $y) delay @skip(if: $n) } }',
      '{"y": true}',
    ],
    [
      'that one fragment leaves out and another has',
      'query ($n: Boolean!) { flights { ...A @include(if: $n) ...A } } fragment A on FlightConnection { totalCount nodes { id } }',
      '{"n": false}',
    ],
    [
      'that merge in several places',
      '{ flights { nodes { origin { iata } ... on Flight { origin { name } } ...F } } flights { nodes { origin { elevation } } edges { node { id } } } } fragment F on Flight { origin { city iata } }',
    ],
    ['of one key and two fields', '{ flights { a: totalCount a: __typename } }'],
    [
      'of lists that are empty',
      '{ flights(first: 0) { nodes { id } edges { cursor } totalCount pageInfo { startCursor endCursor hasNextPage } } flightAggregate(first: 0) { count } }',
    ],
    ['deeper than may be', `{ flights { nodes ${'{ origin { twin '.repeat(6)}{ iata }${'} }'.repeat(6)} } }`],
  ],
  literals: [
    [
      'with escapes',
      String.raw`{ flights(where: {note: {in: ["\u0041", "\uD83D\uDE00", "\u{1F600}", "\n\t\"\\\/\b\f\r"]}}) { nodes { id note } } }`,
    ],
    ['with half of a pair', String.raw`{ flights(where: {note: {eq: "\uD83D"}}) { totalCount } }`],
    ['with a letter that Postgres has none for', String.raw`{ flights(where: {note: {eq: "\u0000"}}) { totalCount } }`],
    [
      'as blocks',
      '{ flights(where: {note: {in: ["""\n    a\n      b\n    """, """a""", """\\""" """, """"q" """]}}) { nodes { note } } }',
    ],
    ['of a hundred thousand letters', `{ flights(where: {note: {ne: "${'å'.repeat(100_000)}"}}) { nodes { id } } }`],
    [
      'with quotes of SQL',
      `{ flights(where: {or: [{note: {eq: "'; drop table x; --"}}, {note: {contains: "$1"}}, {note: {like: "\\\\%'"}}]}) { totalCount } }`,
    ],
    [
      'as numbers with exponents',
      '{ flights(where: {fuel: {gte: -1.5e3, lt: 1E+3}, price: {gt: -1e2, lt: 1.5e-3}}) { nodes { id } } }',
    ],
    ['as 64-bit integers with exponents', '{ flights(where: {grams: {lt: 1e3}}) { totalCount } }'],
    [
      'as integers where others are asked for, and long ones',
      '{ flights(where: {fuel: {lt: 3}, price: {lt: 12345678901234567890123456789}, grams: {gte: -9223372036854775808}}) { nodes { id } } }',
    ],
    ['beyond 32 bits', '{ flights(first: 2147483648) { totalCount } }'],
    ['beyond 64 bits', '{ flights(where: {grams: {lt: 9223372036854775808}}) { totalCount } }'],
    [
      'as minus nothing',
      '{ flights(first: -0, where: {delay: {gte: -0}, fuel: {gte: -0.0}, price: {gte: -0}}) { totalCount nodes { id } } }',
    ],
    [
      'of one thing where a list is asked for',
      '{ flights(where: {and: {or: {note: {in: "a"}}}, id: {notIn: 7}}, orderBy: {delay: DESC}) { nodes { id } } flightAggregate(groupBy: {property: phase}, orderBy: {count: DESC}) { count } }',
    ],
    [
      'as null wherever it may be',
      '{ flights(where: null, orderBy: null, first: null, after: null) { totalCount } b: flights(where: {and: null, or: null, not: null, note: null}) { totalCount } flightAggregate(where: null, groupBy: null, orderBy: null, first: null) { count } }',
    ],
    ['as null where values are compared', '{ flights(where: {note: {eq: null}}) { totalCount } }'],
    ['as null in lists', '{ flights(where: {note: {in: [null]}}) { totalCount } }'],
    [
      'as nothing at all',
      '{ flights(where: {}, orderBy: []) { totalCount } b: flights(where: {and: [], note: {}}) { totalCount } c: flights(where: {or: []}) { totalCount } d: flights(where: {not: {}}) { totalCount } e: flights(where: {note: {in: []}}) { totalCount } f: flights(where: {note: {notIn: []}}) { totalCount } flightAggregate(groupBy: [], orderBy: []) { count } }',
    ],
    [
      'in which things stand twice',
      '{ flights(orderBy: [{delay: DESC}, {delay: ASC}, {id: DESC}, {id: ASC}]) { nodes { id } edges { cursor } } flightAggregate(groupBy: [{property: phase}, {property: phase}]) { key { phase } count } }',
    ],
    [
      'of twenty conditions in one another',
      `{ flights(where: ${'{not: '.repeat(20)}{}${'}'.repeat(20)}) { totalCount } }`,
    ],
    [
      'of twenty-one conditions in one another',
      `{ flights(where: ${'{not: '.repeat(21)}{}${'}'.repeat(21)}) { totalCount } }`,
    ],
    ['of three thousand values', `{ flights(where: {delay: {in: [${range(3000).join()}]}}) { totalCount } }`],
    ['of members of enums that are none', '{ flights(where: {phase: {eq: APPROACHING}}) { totalCount } }'],
  ],
  variables: [
    ['that nobody asked for', '{ flights { totalCount } }', '{"x": 1, "__proto__": {"y": 2}}'],
    ['that are not declared', '{ flights(first: $n) { totalCount } }', '{"n": 1}'],
    ['that nothing uses', 'query ($n: Int) { flights { totalCount } }', '{"n": 1}'],
    [
      'used in what is left out alone',
      'query ($n: Int, $after: String, $where: FlightWhere) { flights { totalCount nodes @skip(if: true) { origin { flightsByOrigin(first: $n, after: $after, where: $where) { totalCount } } } } }',
      '{"n": -1, "after": "x", "where": {"note": {"eq": null}}}',
    ],
    [
      'used in what a variable leaves out',
      'query ($n: Int, $no: Boolean!) { flights { totalCount } gates(first: $n) @include(if: $no) { totalCount } }',
      '{"n": -1, "no": false}',
    ],
    [
      'used in what is not read',
      'query ($n: Int, $after: String, $note: String) { a: flights(first: $n) { __typename } b: flights(after: $after) { totalCount } c: flights(where: {note: {eq: $note}}) { pageInfo { hasPreviousPage } } }',
      '{"n": -1, "after": "x", "note": "\\u0000"}',
    ],
    [
      'that are missing, each with its default',
      'query ($w: FlightWhere = {note: {in: ["a", "b"]}, not: {delay: {gt: 5}}}, $o: [FlightOrderBy!] = {delay: DESC}, $n: Int = 3, $d: SortDirection = ASC) { flights(where: $w, orderBy: $o, first: $n) { nodes { id } } gates(orderBy: [{number: $d}]) { nodes { number } } }',
    ],
    [
      'that are null in spite of their default',
      'query ($w: FlightWhere = {note: {eq: "a"}}, $o: [FlightOrderBy!] = [{delay: DESC}], $n: Int = 3) { flights(where: $w, orderBy: $o, first: $n) { nodes { id } } }',
      '{"w": null, "o": null, "n": null}',
    ],
    [
      'that are null where a default lets them stand',
      'query ($id: ID = "7", $g: FlightProperty = phase) { flight(id: $id) { id } flightAggregate(groupBy: [{property: $g}]) { count } }',
      '{"id": null, "g": null}',
    ],
    [
      'that are missing within lists',
      'query ($x: FlightWhere) { flights(where: {or: [{delay: {isNull: true}}, $x]}) { totalCount } }',
    ],
    [
      'that are missing within filters and orders',
      'query ($n: String, $w: StringFilter, $d: SortDirection) { flights(where: {note: {eq: $n, ne: "a"}, ticket: $w}, orderBy: [{delay: $d, day: ASC}]) { nodes { id } } }',
    ],
    [
      'that are null within filters',
      'query ($n: String, $w: StringFilter) { flights(where: {ticket: $w, note: {eq: $n}}) { nodes { id } } }',
      '{"n": null, "w": null}',
    ],
    [
      'as items of lists',
      'query ($a: String!, $b: String = "b", $c: FlightWhere!) { flights(where: {or: [{note: {in: [$a, $b, "c"]}}, $c]}) { nodes { id } } }',
      '{"a": "a", "c": {"note": {"isNull": true}}}',
    ],
    [
      'of one thing where a list is asked for',
      'query ($o: [FlightOrderBy!], $i: [String!], $g: [FlightGroupBy!]) { flights(orderBy: $o, where: {note: {in: $i}}) { nodes { id } } flightAggregate(groupBy: $g) { count } }',
      '{"o": {"delay": "DESC"}, "i": "a", "g": {"property": "phase"}}',
    ],
    [
      'of lists in lists',
      'query ($i: [String!]) { flights(where: {note: {in: $i}}) { totalCount } }',
      '{"i": [["a"]]}',
    ],
    [
      'of other kinds than declared',
      'query ($w: FlightWhere, $n: Int, $b: Boolean = true) { flights(where: $w, first: $n) { totalCount @include(if: $b) } }',
      '{"w": [], "n": "1", "b": null}',
    ],
    [
      'of fields that there are not',
      'query ($w: FlightWhere) { flights(where: $w) { totalCount } }',
      '{"w": {"__proto__": {"eq": 1}, "constructor": {}, "nothing": null}}',
    ],
    [
      'in another order of their fields',
      'query ($w: FlightWhere) { flights(where: $w) { nodes { id } } }',
      '{"w": {"or": [{"note": {"ne": "a", "eq": "b"}}], "delay": {"lt": 5, "gt": -5}, "and": [{"day": {"isNull": false}}]}}',
    ],
    [
      'with half of a pair, or what Postgres has no letter for',
      'query ($a: String, $b: String) { a: flights(where: {note: {eq: $a}}) { totalCount } b: flights(where: {note: {contains: $b}}) { totalCount } }',
      '{"a": "\\ud800", "b": "\\u0000"}',
    ],
    [
      'of numbers as JSON has them',
      'query ($g: BigInt, $p: Decimal, $f: Float, $i: ID!) { flights(where: {grams: {lt: $g}, price: {lt: $p}, fuel: {lt: $f}}) { totalCount } flight(id: $i) { id } }',
      '{"g": 1e3, "p": 1.5e-7, "f": 3, "i": 7}',
    ],
    [
      'of numbers too long for JSON',
      'query ($g: BigInt) { flights(where: {grams: {lt: $g}}) { totalCount } }',
      '{"g": 9223372036854775807}',
    ],
    [
      'of more values than a page',
      'query ($i: [Int!]) { flights(where: {delay: {in: $i}}) { totalCount } }',
      `{"i": [${range(3000).join()}]}`,
    ],
    [
      'named like properties of objects',
      'query ($__proto__: Int, $constructor: [FlightOrderBy!], $toString: FlightWhere, $hasOwnProperty: Boolean!) { flights(first: $__proto__, orderBy: $constructor, where: $toString) { nodes @include(if: $hasOwnProperty) { id } totalCount } }',
      '{"__proto__": 2, "constructor": [{"delay": "ASC"}], "toString": {"note": {"ne": "a"}}, "hasOwnProperty": true}',
    ],
    [
      'named like properties of objects, and missing',
      'query ($__proto__: Int, $constructor: [FlightOrderBy!], $toString: FlightWhere, $valueOf: String) { flights(first: $__proto__, orderBy: $constructor, where: $toString) { nodes { id } totalCount } b: flights(where: {note: {ne: $valueOf}}) { totalCount } }',
    ],
    [
      'named like properties of objects, by default',
      'query ($constructor: Int = 1, $toString: FlightWhere = {note: {ne: "a"}}, $__proto__: Boolean = true) { flights(first: $constructor, where: $toString) { nodes @include(if: $__proto__) { id } totalCount } }',
    ],
    [
      'of plain kinds, missing, named like properties',
      'query ($constructor: Int, $toString: String) { flights(first: $constructor, where: {note: {ne: $toString}}) { totalCount nodes { id } } }',
    ],
    [
      'that hold prototypes',
      'query ($w: FlightWhere) { flights(where: $w) { totalCount } }',
      '{"w": {"note": {"__proto__": null, "eq": "a"}}}',
    ],
  ],
};
