/**
 * The inputs that several files of vectors share: one holder, one gate, one schema, one attestation.
 * @module
 */
import { DAY, R, abi, at, k, keccak, keccakText, text } from './reference.ts';

export const SECRETS = [
  1n,
  2n,
  2n ** 128n,
  2n ** 253n,
  R - 2n,
  R - 1n,
  0x1d2c3b4a59687786a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0a1bn,
];
export const SECRET = at(SECRETS, 6);
export const CHAIN = 31337n;
export const GATE = '0x5FbDB2315678afecb367f032d93F642f64180aa3';
export const scopeOf = (chainId: bigint, gate: string, label: bigint): bigint =>
  k(keccak(abi(text('eligo/scope/1'), chainId, BigInt(gate), label)));
export const SCOPE = scopeOf(CHAIN, GATE, 1n);

export const RESIDENCY = {
  eligo: 'schema/1',
  name: 'Residency',
  version: '1',
  description: 'Where somebody lives, and what is due to them',
  fields: [
    { name: 'country', type: 'country', description: 'Country of residence', set: true },
    {
      name: 'tier',
      type: 'enum',
      description: 'Level of verification',
      labels: ['none', 'basic', 'full'],
    },
    { name: 'born', type: 'date', description: 'Date of birth' },
    { name: 'allocation', type: 'amount', description: 'Allocation', decimals: '18', meter: true },
  ],
};
export const RESIDENCY_CANONICAL =
  '{"description":"Where somebody lives, and what is due to them","eligo":"schema/1","fields":[' +
  '{"description":"Country of residence","name":"country","set":true,"type":"country"},' +
  '{"description":"Level of verification","labels":["none","basic","full"],"name":"tier","type":"enum"},' +
  '{"description":"Date of birth","name":"born","type":"date"},' +
  '{"decimals":"18","description":"Allocation","meter":true,"name":"allocation","type":"amount"}' +
  '],"name":"Residency","version":"1"}';
export const SCHEMA_ID = k(keccakText(RESIDENCY_CANONICAL));

/** Days since 0001-01-01, counted without a calendar library. */
export function dayNumber(date: string): bigint {
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number);
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const months = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  const before = year - 1;
  const years =
    365 * before + Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400);
  return BigInt(years + months.slice(0, month - 1).reduce((sum, days) => sum + days, 0) + day - 1);
}

export const SALT = 0x2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f70819n % R;
export const VALUES = [56n, 2n, dayNumber('1969-12-31'), 1250n * 10n ** 18n];
export const ISSUED = 20_000n * DAY;
