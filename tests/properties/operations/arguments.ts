import { Kind, type ArgumentNode, type GraphQLField, type GraphQLObjectType, getNamedType } from 'graphql';
import { cursorOf, readOrder } from '../oracle/paging.ts';
import { drawInput, jsonOf, written, type Drawing, type Input } from './inputs.ts';

type Field = GraphQLField<unknown, unknown>;

const SIZES = [0, 1, 1, 2, 2, 3, 5, 20];
const NULL: Input = { kind: 'leaf', literal: { kind: Kind.NULL }, json: null };
const REFUSED_SIZES = [-1, 101, 2_147_483_647];

/** Arguments of a field: the required ones, and some of the others. */
export function drawArguments(drawing: Drawing, field: Field): ArgumentNode[] {
  const { draw } = drawing;
  const object = [...drawing.objects.values()].find(
    ({ type }) => getNamedType(field.type).name === `${type}Connection`,
  );
  const given = new Map<string, Input>();
  const direction = draw.percent(70) ? 'last' : 'first';
  for (const arg of field.args) {
    const isRequired = arg.type.toString().endsWith('!');
    if (!isRequired && !draw.percent(arg.name === 'after' || arg.name === 'before' ? 20 : 40)) continue;
    if (arg.name === direction && !(drawing.odd && draw.percent(20))) continue;
    if (arg.name === 'first' || arg.name === 'last') given.set(arg.name, size(drawing));
    else if (arg.name === 'after' || arg.name === 'before')
      given.set(arg.name, cursor(drawing, object?.type, given.get('orderBy')));
    else given.set(arg.name, drawInput(drawing, arg.type, keyHint(drawing, field, arg.name)));
  }
  return field.args.flatMap((arg): ArgumentNode[] => {
    const value = given.get(arg.name);
    if (value === undefined) return [];
    return [
      { kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: arg.name }, value: written(drawing, value, arg.type) },
    ];
  });
}

function size({ draw, odd }: Drawing): Input {
  const value = odd && draw.percent(15) ? draw.pick(REFUSED_SIZES) : draw.pick(SIZES);
  return { kind: 'leaf', literal: { kind: Kind.INT, value: String(value) }, json: value };
}

/** The cursor of a row in the order asked for; now and then of another, or none. */
function cursor({ draw, odd, objects, rows }: Drawing, type: string | undefined, orderBy: Input | undefined): Input {
  const text = (value: string): Input => ({ kind: 'leaf', literal: { kind: Kind.STRING, value }, json: value });
  const object = objects.get(type ?? '');
  const row = draw.pick([...(rows.get(type ?? '') ?? []), null]);
  if (object === undefined || row === null || (odd && draw.percent(20)))
    return odd ? text(draw.pick(['', 'x', 'W10', 'WyJ4Il0'])) : NULL;
  const items = orderBy === undefined ? [] : [jsonOf(orderBy)].flat();
  try {
    return text(cursorOf(object, readOrder(object, items), row));
  } catch {
    return NULL;
  }
}

/** What a lookup's key is drawn from. */
function keyHint({ objects, rows }: Drawing, field: Field, name: string) {
  const object = objects.get((getNamedType(field.type) as GraphQLObjectType).name);
  const property = object?.key.find((candidate) => candidate.field === name) ?? null;
  return { property, rows: object === undefined ? [] : (rows.get(object.type) ?? []) };
}
