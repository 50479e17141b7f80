/**
 * Writes the verifying key as the Solidity library that contracts/generated/ holds.
 * @module
 */
import type { Hex } from 'viem';
import { invalidInput } from '../errors.ts';
import { concat, keccak256, numberToHex } from '../protocol/evm.ts';
import { SIGNALS } from '../protocol/statement.ts';
import { refuseForgeableKey, type VerifyingKey } from './verifyingKey.ts';

/**
 * The text of VerifyingKey.sol. G2 coordinates are split as EIP-197 orders them: 1 is the imaginary part, 2 the real one.
 * @throws {InsecureKey} if gamma equals delta
 * @throws {InvalidInput} if the key is not for the statement's number of signals
 */
export function renderVerifyingKey(
  key: VerifyingKey,
  options: { readonly insecureDev: boolean },
): string {
  refuseForgeableKey(key);
  const constants = toConstants(key);
  const warning = options.insecureDev
    ? '/// @dev INSECURE-DEV: the trapdoor of these development keys is public knowledge. Anybody can forge with them.'
    : '/// @dev Keys of a ceremony; the manifest beside them says which.';
  return [
    '// SPDX-License-Identifier: MIT',
    '// Generated from the verifying key by src/prover/solidityKey.ts: do not edit.',
    'pragma solidity 0.8.37;',
    '',
    '/// @title The verifying key of circuits/eligibility.circom',
    '/// @dev G2 coordinates as EIP-197 orders them: X1 and Y1 are the imaginary parts, X2 and Y2 the real ones.',
    warning,
    'library VerifyingKey {',
    `    bool internal constant INSECURE_DEV = ${String(options.insecureDev)};`,
    `    /// @dev keccak256 of the constants below, 32 bytes each.`,
    `    bytes32 internal constant HASH = ${hashVerifyingKey(key)};`,
    '',
    ...constants.map(
      ([name, value]) => `    uint256 internal constant ${name} = ${BigInt(value).toString()};`,
    ),
    '}',
    '',
  ].join('\n');
}

/** keccak256 of the key's coordinates as a contract has them: what a gate says its key is. @throws {InvalidInput} */
export function hashVerifyingKey(key: VerifyingKey): Hex {
  return keccak256(
    concat(toConstants(key).map(([, value]) => numberToHex(BigInt(value), { size: 32 }))),
  );
}

/** The key's coordinates by their names in Solidity. */
function toConstants(key: VerifyingKey): readonly Constant[] {
  if (key.IC.length !== SIGNALS.length + 1) {
    throw invalidInput('verifying key.IC', key.IC.length, `must have ${SIGNALS.length + 1} points`);
  }
  return [
    ...g1('ALPHA', key.vk_alpha_1),
    ...g2('BETA', key.vk_beta_2),
    ...g2('GAMMA', key.vk_gamma_2),
    ...g2('DELTA', key.vk_delta_2),
    ...key.IC.flatMap((point, i) => g1(`IC${i}`, point)),
  ];
}

type Constant = readonly [name: string, value: string];

function g1(name: string, [x = '', y = '']: readonly string[]): Constant[] {
  return [
    [`${name}_X`, x],
    [`${name}_Y`, y],
  ];
}

function g2(name: string, [x, y]: readonly (readonly string[])[]): Constant[] {
  return [
    [`${name}_X1`, x?.[1] ?? ''],
    [`${name}_X2`, x?.[0] ?? ''],
    [`${name}_Y1`, y?.[1] ?? ''],
    [`${name}_Y2`, y?.[0] ?? ''],
  ];
}
