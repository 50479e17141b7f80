import { inspect } from 'node:util';
import { expect } from 'chai';
import type { Address, Hex } from 'viem';
import {
  FIELD_ORDER,
  HIDDEN_INDEX,
  MAX_VALUE,
  NEVER,
  type Field,
} from '../../src/protocol/field.ts';
import {
  SIGNALS,
  checkStatement,
  computeContext,
  computeScope,
  fromSignals,
  hashAction,
  packOutcome,
  toSignals,
  unpackOutcome,
  type Action,
  type Statement,
} from '../../src/protocol/statement.ts';
import { fc, readVectors, thrown, uint } from '../support/world.ts';

type OnChain = { readonly chainId: string; readonly gate: Address };
type RawOutcome = {
  readonly disclosed: string;
  readonly shown: string;
  readonly checkedAt: string;
};
type Vectors = {
  readonly scopes: readonly (OnChain & { readonly label: Hex; readonly scope: string })[];
  readonly offchainScopes: readonly {
    readonly audience: string;
    readonly label: Hex;
    readonly scope: string;
  }[];
  readonly actions: readonly {
    readonly action: Record<keyof Action, string>;
    readonly actionHash: Hex;
  }[];
  readonly contexts: readonly (OnChain & {
    readonly id: string;
    readonly actionHash: Hex;
    readonly context: string;
  })[];
  readonly offchainContexts: readonly {
    readonly audience: string;
    readonly challenge: Hex;
    readonly context: string;
  }[];
  readonly outcomes: readonly (RawOutcome & { readonly outcome: string })[];
  readonly statements: readonly {
    readonly statement: RawOutcome & {
      readonly nullifier: string;
      readonly root: string;
      readonly policy: string;
      readonly context: string;
    };
    readonly signals: readonly string[];
  }[];
};

const r = FIELD_ORDER;
const vectors = readVectors('statement') as Vectors;

/** A statement in range. */
function statement(changes: Partial<Record<keyof Statement, unknown>> = {}): Statement {
  return {
    nullifier: 1n,
    root: 2n,
    policy: 3n,
    disclosed: 4n,
    shown: 5n,
    checkedAt: 60n,
    context: 6n,
    ...changes,
  } as Statement;
}

function readAction(action: Record<keyof Action, string>): Action {
  const { recipient, feeTo, hookData, minAmount, fee } = action as unknown as Action &
    Record<'minAmount' | 'fee', string>;
  return { recipient, feeTo, hookData, minAmount: BigInt(minAmount), fee: BigInt(fee) };
}

describe('protocol/statement', () => {
  describe('outcome', () => {
    for (const { outcome, ...opened } of vectors.outcomes) {
      it(`packs and unpacks the vector ${outcome}`, () => {
        expect(packOutcome(opened).toString()).to.equal(outcome);
        expect(unpackOutcome(outcome)).to.deep.equal({
          disclosed: BigInt(opened.disclosed),
          shown: BigInt(opened.shown),
          checkedAt: BigInt(opened.checkedAt),
        });
      });
    }

    it('unpacks what it packed, and packs what it unpacked', () => {
      fc.assert(
        fc.property(
          uint(96),
          uint(32),
          uint(40),
          uint(168),
          (disclosed, shown, checkedAt, packed) => {
            expect(unpackOutcome(packOutcome({ disclosed, shown, checkedAt }))).to.deep.equal({
              disclosed,
              shown,
              checkedAt,
            });
            expect(packOutcome(unpackOutcome(packed))).to.equal(packed);
          },
        ),
      );
    });

    const edges = { disclosed: MAX_VALUE, shown: HIDDEN_INDEX, checkedAt: NEVER } as const;
    for (const [field, max] of Object.entries(edges)) {
      it(`takes ${field} at its edge and refuses it beyond, so that no part runs into the next`, () => {
        const opened = { disclosed: 0n, shown: 0n, checkedAt: 0n };
        expect(unpackOutcome(packOutcome({ ...opened, [field]: max }))).to.deep.equal({
          ...opened,
          [field]: max,
        });
        expect(thrown(() => packOutcome({ ...opened, [field]: max + 1n })).data['field']).to.equal(
          field,
        );
      });
    }
    it('refuses to unpack 2^168 and more', () => {
      expect(unpackOutcome(2n ** 168n - 1n).checkedAt).to.equal(NEVER);
      for (const packed of [2n ** 168n, r - 1n, r])
        expect(thrown(() => unpackOutcome(packed)).data['field']).to.equal('outcome');
    });
  });

  describe('signals', () => {
    it('stand in the order of the page', () => {
      expect(SIGNALS).to.deep.equal(['nullifier', 'root', 'policy', 'outcome', 'context']);
    });

    for (const { statement: raw, signals } of vectors.statements) {
      it('S5: equal the vector, in which all five differ', () => {
        const opened = Object.fromEntries(
          Object.entries(raw).map(([key, value]) => [key, BigInt(value)]),
        ) as unknown as Statement;
        expect(new Set(signals).size).to.equal(5);
        expect(toSignals(opened).map(String)).to.deep.equal(signals);
        expect(fromSignals(signals)).to.deep.equal(opened);
      });
    }

    it('S2: are refused at r and beyond, one by one', () => {
      const passing = toSignals(statement());
      expect(fromSignals(passing)).to.deep.equal(statement());
      SIGNALS.forEach((signal, i) => {
        for (const alias of [passing[i]! + r, passing[i]! + 2n * r, r, 2n ** 256n - 1n]) {
          const error = thrown(() => fromSignals(passing.with(i, alias as Field)));
          expect(error.code).to.equal('SignalOutOfRange');
          expect(error.data['signal']).to.equal(signal);
        }
      });
    });

    it('are refused where a hash is 0, and taken where the context is', () => {
      const passing = toSignals(statement());
      for (const i of [0, 1, 2]) {
        expect(thrown(() => fromSignals(passing.with(i, 0n as Field))).data['signal']).to.equal(
          SIGNALS[i],
        );
      }
      expect(fromSignals(passing.with(4, 0n as Field)).context).to.equal(0n);
    });

    it('are refused with an outcome of 169 bits, or a time beside the minute', () => {
      const passing = toSignals(statement());
      for (const outcome of [2n ** 168n, r - 1n, 61n * 2n ** 128n, 59n * 2n ** 128n]) {
        expect(thrown(() => fromSignals(passing.with(3, outcome as Field))).code).to.equal(
          'SignalOutOfRange',
        );
      }
      expect(fromSignals(passing.with(3, (120n * 2n ** 128n) as Field)).checkedAt).to.equal(120n);
    });

    it('are refused in another number, or as text that only reads like a number', () => {
      const passing = toSignals(statement());
      for (const signals of [
        [],
        passing.slice(1),
        [...passing, 1n],
        ...['0x1', '01', ' 1', '-1', ''].map((text) => [text, ...passing.slice(1)]),
      ]) {
        expect(thrown(() => fromSignals(signals)).code).to.equal('SignalOutOfRange');
      }
    });
  });

  describe('checkStatement', () => {
    const edges: Readonly<Record<keyof Statement, bigint>> = {
      ...{ nullifier: r - 1n, root: r - 1n, policy: r - 1n, context: r - 1n },
      ...{ disclosed: MAX_VALUE, shown: HIDDEN_INDEX, checkedAt: NEVER - (NEVER % 60n) },
    };
    for (const [name, edge] of Object.entries(edges)) {
      it(`takes ${name} up to its edge and not beyond`, () => {
        expect(checkStatement(statement({ [name]: edge }))).to.deep.equal(
          statement({ [name]: edge }),
        );
        const step = name === 'checkedAt' ? 60n : 1n;
        for (const beyond of [edge + step, -step]) {
          const error = thrown(() => checkStatement(statement({ [name]: beyond })));
          expect(error.code).to.equal('SignalOutOfRange');
          expect(error.data['signal']).to.equal(name);
        }
      });
      for (const other of ['60', '0x3c', 60, NaN, undefined, null, {}]) {
        it(`refuses ${name} as ${inspect(other)}, which is no bigint`, () => {
          expect(checkStatement(statement({ [name]: 60n }))).to.be.an('object');
          expect(thrown(() => checkStatement(statement({ [name]: other }))).code).to.equal(
            'SignalOutOfRange',
          );
        });
      }
    }
    for (const [second, taken] of [
      [0n, true],
      [1n, false],
      [59n, false],
      [60n, true],
      [61n, false],
    ] as const) {
      it(`${taken ? 'takes' : 'refuses'} checkedAt ${second.toString()}`, () => {
        const check = () => checkStatement(statement({ checkedAt: second }));
        if (taken) expect(check().checkedAt).to.equal(second);
        else expect(thrown(check).data['signal']).to.equal('checkedAt');
      });
    }
  });

  describe('computeScope', () => {
    for (const { scope, ...input } of vectors.scopes) {
      it(`equals the vector ${scope.slice(0, 8)}…`, () => {
        expect(computeScope(input).toString()).to.equal(scope);
        expect(computeScope({ ...input, chainId: Number(input.chainId) }).toString()).to.equal(
          scope,
        );
        expect(
          computeScope({ ...input, gate: input.gate.toLowerCase() as Address }).toString(),
        ).to.equal(scope);
      });
    }
    for (const { scope, ...input } of vectors.offchainScopes) {
      it(`equals the off-chain vector ${scope.slice(0, 8)}…`, () => {
        expect(computeScope(input).toString()).to.equal(scope);
      });
    }

    const passing = () => ({ ...vectors.scopes[0]! });
    const faults: readonly (readonly [string, object, string])[] = [
      ['a chain id beyond u64', { chainId: 2n ** 64n }, 'chainId'],
      ['a negative chain id', { chainId: -1 }, 'chainId'],
      ['a broken chain id', { chainId: 1.5 }, 'chainId'],
      ['a chain id that is no number', { chainId: NaN }, 'chainId'],
      [
        'a gate with a wrong checksum',
        { gate: '0x5FbDB2315678afecb367f032d93F642f64180aA3' },
        'gate',
      ],
      ['a gate of 19 bytes', { gate: `0x${'ab'.repeat(19)}` }, 'gate'],
      ['a label of 31 bytes', { label: `0x${'ab'.repeat(31)}` }, 'label'],
      ['a label with an odd digit', { label: `0x${'ab'.repeat(31)}a` }, 'label'],
      ['a label that is no hex', { label: 'x'.repeat(66) }, 'label'],
    ];
    for (const [name, change, field] of faults) {
      it(`refuses ${name}`, () => {
        expect(computeScope(passing())).to.be.a('bigint');
        expect(thrown(() => computeScope({ ...passing(), ...change })).data['field']).to.equal(
          field,
        );
      });
    }

    const label = `0x${'00'.repeat(32)}` as const;
    for (const audience of [
      'https://example.org/',
      'https://EXAMPLE.org',
      'https://example.org:443',
      'https://example.org/a',
      'example.org',
      'https://exämple.org',
      'https://user@example.org',
      'null',
      '',
      'https://example.org ',
    ]) {
      it(`refuses the audience ${JSON.stringify(audience)}, which is not an origin's own form`, () => {
        expect(computeScope({ audience: 'https://example.org', label })).to.be.a('bigint');
        expect(thrown(() => computeScope({ audience, label })).data['field']).to.equal('audience');
      });
    }
  });

  describe('hashAction', () => {
    for (const { action, actionHash } of vectors.actions) {
      it(`equals the vector ${actionHash.slice(0, 10)}…`, () => {
        expect(hashAction(readAction(action))).to.equal(actionHash);
      });
    }
    it('S15: changes with each part', () => {
      const base = readAction(vectors.actions[1]!.action);
      const changes: readonly Partial<Action>[] = [
        {},
        { recipient: base.feeTo },
        { minAmount: base.minAmount + 1n },
        { fee: base.fee + 1n },
        { feeTo: base.recipient },
        { hookData: '0x00' },
        { hookData: '0x0000' },
      ];
      expect(new Set(changes.map((change) => hashAction({ ...base, ...change }))).size).to.equal(
        changes.length,
      );
    });
    const faults: readonly (readonly [string, object])[] = [
      ['action.recipient', { recipient: '0x12' }],
      ['action.minAmount', { minAmount: 2n ** 256n }],
      ['action.fee', { fee: -1n }],
      ['action.feeTo', { feeTo: '' }],
      ['action.hookData', { hookData: '0x0' }],
    ];
    for (const [field, change] of faults) {
      it(`names ${field} where it is malformed`, () => {
        const action = readAction(vectors.actions[1]!.action);
        expect(hashAction(action)).to.be.a('string');
        expect(thrown(() => hashAction({ ...action, ...change })).data['field']).to.equal(field);
      });
    }
  });

  describe('computeContext', () => {
    for (const { context, ...input } of vectors.contexts) {
      it(`equals the vector ${context.slice(0, 8)}…`, () => {
        expect(computeContext(input).toString()).to.equal(context);
      });
    }
    for (const { context, ...input } of vectors.offchainContexts) {
      it(`equals the off-chain vector ${context.slice(0, 8)}…`, () => {
        expect(computeContext(input).toString()).to.equal(context);
      });
    }
    it('S16: changes with chain, gate, number and action', () => {
      const base = vectors.contexts[0]!;
      const changes = [
        {},
        { chainId: '1' },
        { gate: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8' as const },
        { id: '2' },
        { actionHash: vectors.actions[1]!.actionHash },
      ];
      expect(
        new Set(changes.map((change) => computeContext({ ...base, ...change }))).size,
      ).to.equal(changes.length);
    });
    it('refuses a number of 257 bits and an action hash of 31 bytes', () => {
      const base = vectors.contexts[0]!;
      expect(thrown(() => computeContext({ ...base, id: 2n ** 256n })).data['field']).to.equal(
        'id',
      );
      expect(thrown(() => computeContext({ ...base, actionHash: '0x00' })).data['field']).to.equal(
        'actionHash',
      );
    });
    it('is in the field, and no scope', () => {
      const label = `0x${'00'.repeat(32)}` as const;
      const audience = 'https://example.org';
      expect(computeContext({ audience, challenge: label })).not.to.equal(
        computeScope({ audience, label }),
      );
      expect(computeContext({ audience, challenge: label }) < 2n ** 248n).to.equal(true);
    });
  });
});
