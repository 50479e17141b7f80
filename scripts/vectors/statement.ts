/**
 * What a proof says and is bound to.
 * @module
 */
import {
  HIDDEN,
  MAX_VALUE,
  NEVER,
  R,
  abi,
  at,
  bytes,
  file,
  k,
  keccak,
  text,
  tuple,
  word,
  type Json,
  type Poseidon,
} from './reference.ts';
import { CHAIN, GATE, SCOPE, SECRET, scopeOf } from './inputs.ts';

const RECIPIENT = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
const RELAYER = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC';
const ZERO = '0x0000000000000000000000000000000000000000';

/** Scope, context, action, outcome, and the order of the signals. */
export function statementVectors(poseidon: Poseidon): Json {
  const label = (value: bigint): string => `0x${word(value)}`;
  const scope = (chainId: bigint, gate: string, labelOf: bigint) => ({
    source:
      'PROTOCOL.md section 2, Scope: K(abi.encode("eligo/scope/1", chainId, gate, label)), words by hand',
    chainId,
    gate,
    label: label(labelOf),
    scope: scopeOf(chainId, gate, labelOf),
  });
  const action = (
    recipient: string,
    minAmount: bigint,
    fee: bigint,
    feeTo: string,
    hookData: string,
  ) => ({
    source: 'PROTOCOL.md section 3: keccak256(abi.encode(Action)), one tuple, words by hand',
    action: { recipient, minAmount, fee, feeTo, hookData },
    actionHash: keccak(
      abi(tuple(BigInt(recipient), minAmount, fee, BigInt(feeTo), bytes(hookData.slice(2)))),
    ),
  });
  const actions = [
    action(RECIPIENT, 0n, 0n, ZERO, '0x'),
    action(RECIPIENT, 100n, 7n, RELAYER, '0x'),
    action(RECIPIENT, 2n ** 256n - 1n, 2n ** 256n - 1n, ZERO, '0x00'),
    action(ZERO, 1n, 2n, RECIPIENT, `0x${'ab'.repeat(33)}`),
  ];
  const first = at(actions, 0);
  const contextOf = (chainId: bigint, gate: string, id: bigint, actionHash: string): bigint =>
    k(keccak(abi(text('eligo/context/1'), chainId, BigInt(gate), id, BigInt(actionHash))));
  const contexts = [
    [CHAIN, GATE, 1n, first.actionHash],
    [1n, GATE, 1n, first.actionHash],
    [CHAIN, RECIPIENT, 1n, first.actionHash],
    [CHAIN, GATE, 2n ** 256n - 1n, at(actions, 3).actionHash],
  ] as const;
  const outcome = (disclosed: bigint, shown: bigint, checkedAt: bigint) => ({
    source: 'PROTOCOL.md section 3: disclosed + shown·2^96 + checkedAt·2^128, as hex digits',
    disclosed,
    shown,
    checkedAt,
    outcome: BigInt(
      `0x${checkedAt.toString(16).padStart(10, '0')}${shown.toString(16).padStart(8, '0')}${disclosed.toString(16).padStart(24, '0')}`,
    ),
  });
  const checkedAt = 1_767_225_600n;
  const said = {
    nullifier: poseidon([SCOPE, SECRET, 3n]),
    root: poseidon([1n, 2n, 3n, 4n]),
    policy: poseidon([SCOPE, 5n]),
  };
  const opened = outcome(2n, 3n, checkedAt);
  const context = contextOf(...contexts[0]);
  return file({
    scopes: [
      scope(CHAIN, GATE, 1n),
      scope(1n, GATE, 1n),
      scope(CHAIN, RECIPIENT, 1n),
      scope(CHAIN, GATE, 2n ** 256n - 1n),
    ],
    offchainScopes: ['https://example.org', 'http://localhost:3000'].map((audience) => ({
      source: 'PROTOCOL.md section 2, Scope off-chain',
      audience,
      label: label(9n),
      scope: k(keccak(abi(text('eligo/offchain-scope/1'), text(audience), 9n))),
    })),
    actions,
    contexts: contexts.map(([chainId, gate, id, actionHash]) => ({
      source:
        'PROTOCOL.md section 3: K(abi.encode("eligo/context/1", chainId, gate, id, actionHash)), words by hand',
      chainId,
      gate,
      id,
      actionHash,
      context: contextOf(chainId, gate, id, actionHash),
    })),
    offchainContexts: [
      {
        source: 'PROTOCOL.md section 3, context off-chain',
        audience: 'https://example.org',
        challenge: label(R),
        context: k(keccak(abi(text('eligo/offchain/1'), text('https://example.org'), R))),
      },
    ],
    outcomes: [
      outcome(0n, 0n, 0n),
      outcome(1n, 2n, 60n),
      outcome(MAX_VALUE, 0n, 0n),
      outcome(0n, HIDDEN, 0n),
      outcome(0n, 0n, NEVER),
      outcome(MAX_VALUE, HIDDEN, NEVER),
      opened,
    ],
    statements: [
      {
        source: 'PROTOCOL.md section 3, the table of signals: five that differ, in this order',
        statement: { ...said, disclosed: 2n, shown: 3n, checkedAt, context },
        signals: [said.nullifier, said.root, said.policy, opened.outcome, context],
      },
    ],
  });
}
