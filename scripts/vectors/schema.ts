/**
 * Schemas by their canonical text, and values by their slots.
 * @module
 */
import { MAX_VALUE, NEVER, file, k, keccakText, type Json } from './reference.ts';
import { RESIDENCY, RESIDENCY_CANONICAL, SCHEMA_ID, dayNumber } from './inputs.ts';

/** Ids of documents, and one value or more of each field type. */
export function schemaVectors(): Json {
  const accents = {
    eligo: 'schema/1',
    name: 'Écoles "€😀"',
    version: '2',
    description: 'line\nbreak',
    supersedes: SCHEMA_ID.toString(),
    fields: [
      { name: 'score', type: 'uint', description: '' },
      { name: 'member', type: 'bool', description: '', set: true },
      { name: 'club', type: 'tag', description: '' },
    ],
  };
  const accentsCanonical =
    '{"description":"line\\nbreak","eligo":"schema/1","fields":[{"description":"","name":"score","type":"uint"},' +
    '{"description":"","name":"member","set":true,"type":"bool"},{"description":"","name":"club","type":"tag"}],' +
    `"name":"Écoles \\"€😀\\"","supersedes":"${SCHEMA_ID.toString()}","version":"2"}`;
  const value = (type: string, given: Json, slot: bigint) => ({
    source:
      'PROTOCOL.md section 2, the table of field types; read off by hand, dates counted day by day',
    type,
    value: given,
    slot,
  });
  return file({
    schemas: [
      { document: RESIDENCY, canonical: RESIDENCY_CANONICAL, slots: [0n, 1n, 2n, 3n] },
      { document: accents, canonical: accentsCanonical, slots: [1n, 0n, 2n] },
    ].map((schema) => ({
      source: 'PROTOCOL.md section 2, Schema; canonical by hand (RFC 8785)',
      ...schema,
      schemaId: k(keccakText(schema.canonical)),
    })),
    values: [
      value('uint', '0', 0n),
      value('uint', MAX_VALUE.toString(), MAX_VALUE),
      value('amount', '1000000000000000000', 10n ** 18n),
      value('bool', false, 0n),
      value('bool', true, 1n),
      ...[
        '0001-01-01',
        '0001-12-31',
        '1900-02-28',
        '1900-03-01',
        '1969-12-31',
        '1970-01-01',
        '2000-02-29',
        '2024-02-29',
        '9999-12-31',
      ].map((date) => value('date', date, dayNumber(date))),
      value('datetime', '0', 0n),
      value('datetime', NEVER.toString(), NEVER),
      value('enum', 'none', 0n),
      value('enum', 'full', 2n),
      value('country', 'AD', 0n),
      value('country', 'DE', 56n),
      value('country', 'ZW', 248n),
      ...['vip', '', 'Écoles'].map((tag) => value('tag', tag, BigInt(keccakText(tag)) >> 160n)),
    ],
  });
}
