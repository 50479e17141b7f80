import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { poseidon1 } from 'poseidon-lite/poseidon1';
import { poseidon2 } from 'poseidon-lite/poseidon2';
import { poseidon3 } from 'poseidon-lite/poseidon3';
import { poseidon4 } from 'poseidon-lite/poseidon4';
import {
  circuitsFolder,
  compileCircuit,
  inspectCircuit,
  readInstances,
} from '../../scripts/circuits.ts';
import { SIGNALS } from '../../src/protocol/statement.ts';
import { expectRejection } from '../support/circuits/errors.ts';
import {
  bitWires,
  expectAccepted,
  expectAliasIsSame,
  expectCount,
  expectNoLooseWire,
  expectProgramRefuses,
  expectRefusedBy,
  type Hostile,
} from '../support/circuits/expectations.ts';
import { findLooseWires } from '../support/circuits/forge.ts';
import { R, inverse, mod } from '../../scripts/witness/field.ts';
import { findBroken, wiresOf } from '../../scripts/witness/r1cs.ts';
import { makeRandom, seedOf } from '../support/circuits/random.ts';
import {
  DEPTH,
  HIDDEN,
  MAX_VALUE,
  NEVER,
  leafOf,
  makeMeteredStatement,
  makeStatement,
  noTerms,
  nodesAbove,
  policyOf,
  publicSignals,
  toInputs,
  type Siblings,
  type Statement,
} from '../support/circuits/statement.ts';
import {
  cache,
  checkWithSnarkjs,
  loadBuild,
  loadCalculator,
  loadCircuit,
  template,
  translate,
  withoutConstraint,
  type Build,
} from '../support/circuits/testCircuit.ts';

const MANIFEST = ['nullifier', 'root', 'policy', 'outcome', 'context'];

const instance = template('eligibility.circom', 'Eligibility', [DEPTH], ['context']);
const loadProduct = () => loadBuild(instance, 2);

/** The names of the public wires, in the order in which a verifier gets them. */
function publicNames({ r1cs, symbols }: Build): readonly string[] {
  return symbols.byWire.slice(1, 1 + r1cs.outputs + r1cs.publicInputs);
}

/** Expects the hostile statement to be refused by that constraint alone, and by the product too. */
async function expectRefused(
  honest: Statement,
  hostile: Hostile,
  constraint: string,
): Promise<void> {
  const [circuit, product] = await Promise.all([loadCircuit(instance), loadProduct()]);
  await expectRefusedBy(circuit, toInputs(honest), hostile, constraint, product);
}

const sum = (width: number, path: string) =>
  `${path}.Num2Bits: out[0] + 2·out[1] + … + 2^${width - 1}·out[${width - 1}] = in`;

describe('Eligibility', () => {
  describe('the product', () => {
    it('is the instance in circuits.json, and these tests are about it', async () => {
      const { eligibility } = await readInstances();
      const { constraints, ...product } = eligibility!;
      expect(product).to.deep.equal(instance);
      expect(constraints).to.equal(8_169);
    });

    it('has exactly as many constraints as circuits.json and its header say', async () => {
      const { eligibility } = await readInstances();
      await expectCount(instance, eligibility!.constraints);
      const source = await readFile(join(circuitsFolder, instance.file), 'utf8');
      expect(source).to.include(`@constraints ${eligibility!.constraints} at depth 16`);
    });

    it('stays in a domain of 2^13 points', async () => {
      const { r1cs } = await loadProduct();
      const points = r1cs.constraints.length + r1cs.outputs + r1cs.publicInputs + 1;
      expect(points).to.be.within(2 ** 12 + 1, 2 ** 13);
    });

    it('has five public signals: nullifier, root, policy, outcome, context, in that order (S4)', async () => {
      expect(publicNames(await loadProduct())).to.deep.equal(MANIFEST);
      expect(publicNames(await loadCircuit(instance))).to.deep.equal(MANIFEST);
      expect(SIGNALS, 'the order that the library knows').to.deep.equal(MANIFEST);
    });

    it('would be caught by that list if context were private (S4)', async () => {
      const planted = await loadBuild({ ...instance, public: [] }, 1);
      expect(publicNames(planted)).to.not.deep.equal(MANIFEST);
    });

    for (const name of MANIFEST) {
      it(`holds ${name} in a constraint, simplified or not (S4)`, async () => {
        for (const { r1cs, symbols } of [await loadCircuit(instance), await loadProduct()]) {
          const wire = symbols.wireOf(name);
          const users = r1cs.constraints.filter((constraint) => wiresOf(constraint).has(wire));
          expect(users).to.not.be.empty;
        }
      });
    }

    it('doesn’t compile at depth 0', async () => {
      await expectRejection(
        compileCircuit({ instance: { ...instance, params: [0] }, cache, optimization: 0 }),
        'InvalidInput',
        /False assert reached/,
      );
    });
  });

  describe('the sources', () => {
    /** What no circuit here may hold, with the reason. Comments are left out of the search. */
    const BANNED = [
      [/<--|-->/, 'assigns without a constraint (S10)'],
      [/\b(Less|Greater)(Eq)?(Than|From)\b/, 'compares operands of unchecked width (S6)'],
      [/\bNum2Bits(Neg|_strict)?\b(?!\(N\)\(in\))/, 'decomposes outside range.circom (S7)'],
      [/\benabled?\b|ForceEqualIfEnabled/, 'switches a check off (S19)'],
    ] as const;

    const findBanned = async (folder: string): Promise<readonly string[]> => {
      const files = (await readdir(folder)).filter((name) => name.endsWith('.circom'));
      const sources = await Promise.all(
        files.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const),
      );
      return sources.flatMap(([name, source]) => {
        const code = source.replace(/\/\/.*$|\/\*[\s\S]*?\*\//gm, '');
        return BANNED.flatMap(([pattern, reason]) =>
          pattern.test(code) ? [`${name} ${reason}`] : [],
        );
      });
    };

    /** What circom's own inspection may find, with the reason. */
    const ALLOWED = [
      // The bus is handed on whole; Eligibility itself holds its schema against the attestation's.
      'In template "MeetsTerms()": Local signal terms.schemaId does not appear in any constraint',
    ];

    /** The circuits with one line replaced, in a folder of their own. */
    const withPlant = async (
      file: string,
      line: string,
      planted: string,
      work: (folder: string) => Promise<void>,
    ): Promise<void> => {
      const folder = await mkdtemp(join(tmpdir(), 'eligo-circuits-'));
      try {
        for (const name of await readdir(circuitsFolder)) {
          const source = await readFile(join(circuitsFolder, name), 'utf8');
          if (name === file) expect(source).to.include(line);
          await writeFile(
            join(folder, name),
            name === file ? source.replace(line, planted) : source,
          );
        }
        await work(folder);
      } finally {
        await rm(folder, { recursive: true });
      }
    };

    it('assign nothing without a constraint, compare nothing outside range.circom, switch nothing off (S6, S7, S10, S19)', async () => {
      expect(await findBanned(circuitsFolder)).to.deep.equal([]);
    });

    it('pass circom’s inspection but for what is allowed (S10)', async () => {
      const findings = await inspectCircuit({ instance, cache });
      expect(findings.map(({ text }) => text)).to.deep.equal(ALLOWED);
    });

    it('would be caught by the search and the inspection with a `<--` (S10)', async () => {
      const line = 'signal square <== in * in;';
      await withPlant('identity.circom', line, line.replace('<==', '<--'), async (folder) => {
        expect(await findBanned(folder)).to.deep.equal([
          'identity.circom assigns without a constraint (S10)',
        ]);
        const findings = await inspectCircuit({ instance, cache, folder });
        expect(findings.length).to.be.greaterThan(ALLOWED.length);
      });
    });
  });

  describe('given a true statement', () => {
    const base = makeStatement();
    const TRUE: readonly (readonly [string, Statement])[] = [
      ['with every clause at work', base],
      ['in a metered claim', makeMeteredStatement()],
      ['with terms that demand nothing', { ...base, terms: noTerms(base.terms.schemaId) }],
      ...[1n, 2n, 3n, 4n].map(
        (disclose) =>
          [
            `that reveals slot ${disclose - 1n}`,
            { ...base, terms: { ...base.terms, mode: 8n + disclose } },
          ] as const,
      ),
      ['in the first second of the window', { ...base, checkedAt: base.attestation.issuedAt }],
      ['in the last second of the window', { ...base, checkedAt: base.attestation.expiresAt }],
      ['that never expires', { ...base, attestation: { ...base.attestation, expiresAt: NEVER } }],
      ['in claim 0', { ...base, claimIndex: 0n }],
      ['in claim 2^32 - 1', { ...base, claimIndex: HIDDEN }],
      ['at position 0', { ...base, position: 0n }],
      ['at position 2^32 - 1', { ...base, position: 2n ** 32n - 1n }],
      ['of the secret 1', { ...base, secret: 1n }],
      ['of the secret r - 1', { ...base, secret: R - 1n }],
      ['in the scope 0', { ...base, scope: 0n }],
      ['in the scope r - 1', { ...base, scope: R - 1n }],
      ['for the context 0', { ...base, context: 0n }],
      ['for the context r - 1', { ...base, context: R - 1n }],
      ['with the salt 0', { ...base, attestation: { ...base.attestation, salt: 0n } }],
      ['with the salt r - 1', { ...base, attestation: { ...base.attestation, salt: R - 1n } }],
      [
        'with the largest values',
        {
          ...base,
          attestation: { ...base.attestation, values: [255n, MAX_VALUE, MAX_VALUE, MAX_VALUE] },
          terms: { ...noTerms(base.terms.schemaId), mode: 12n, setHigh: 1n << 127n },
        },
      ],
    ];

    for (const [title, statement] of TRUE) {
      it(`${title}, gives the five signals of the page`, async () => {
        const circuit = await loadCircuit(instance);
        await expectAccepted(circuit, toInputs(statement));
        const { at } = circuit.forge(toInputs(statement));
        expect(MANIFEST.map(at)).to.deep.equal([...publicSignals(statement)]);
      });
    }

    it('gives the same signals as the product, whose constraints hold', async () => {
      const { compiled, r1cs } = await loadProduct();
      const calculate = await loadCalculator(compiled.wasm);
      for (const statement of [makeStatement(), makeMeteredStatement()]) {
        const witness = await calculate(toInputs(statement));
        expect(witness.slice(1, 6)).to.deep.equal([...publicSignals(statement)]);
        expect(findBroken(r1cs, witness)).to.deep.equal([]);
      }
    });

    for (const name of Object.keys(toInputs(base))) {
      it(`takes x + r for x in ${name}`, async () => {
        await expectAliasIsSame(await loadCircuit(instance), toInputs(makeStatement()), name);
      });
    }
  });

  describe('given a false statement', () => {
    const base = makeStatement();
    const { attestation, terms } = base;
    const victim = { ...base, secret: 0x71c71n };
    const victimCommitment = poseidon1([victim.secret]);

    type Case = readonly [
      title: string,
      honest: Statement,
      hostile: Hostile,
      constraint: string,
      refusingTemplate?: string,
    ];

    const BY_INPUT: readonly Case[] = [
      [
        'a secret that is 0',
        base,
        { inputs: { secret: 0n } },
        'IdentityCommitment: isZero = 0',
        'IdentityCommitment',
      ],
      [
        'an attestation under another schema',
        base,
        { inputs: { 'attestation.schemaId': 0x5c4e3bn } },
        'terms.schemaId = attestation.schemaId',
        'Eligibility',
      ],
      [
        'a time one second before the attestation',
        { ...base, checkedAt: attestation.issuedAt },
        { inputs: { checkedAt: attestation.issuedAt - 1n } },
        sum(40, 'ValidAt.AtMost#0.Uint'),
        'Num2Bits',
      ],
      [
        'a time one second after it expired',
        { ...base, checkedAt: attestation.expiresAt },
        { inputs: { checkedAt: attestation.expiresAt + 1n } },
        sum(40, 'ValidAt.AtMost#1.Uint'),
        'Num2Bits',
      ],
      [
        'an attestation of one second after the snapshot',
        { ...base, terms: { ...terms, issuedBefore: attestation.issuedAt } },
        { inputs: { 'attestation.issuedAt': attestation.issuedAt + 1n } },
        sum(40, 'MeetsTerms.AtMost#1.Uint'),
        'Num2Bits',
      ],
      [
        'an attestation of one second before the terms begin',
        { ...base, terms: { ...terms, issuedAfter: attestation.issuedAt } },
        { inputs: { 'attestation.issuedAt': attestation.issuedAt - 1n } },
        sum(40, 'MeetsTerms.AtMost#0.Uint'),
        'Num2Bits',
      ],
      [
        'a value outside the set',
        base,
        { inputs: { 'attestation.values': [131n, 21n, 3n, 1_250n] } },
        'MeetsTerms.SetMember: (-nodes[0] + 1) * setOn = 0',
        'SetMember',
      ],
      [
        'a value below its range',
        base,
        { inputs: { 'attestation.values': [130n, 17n, 3n, 1_250n] } },
        sum(96, 'MeetsTerms.AtMost#2[1].Uint'),
        'Num2Bits',
      ],
      [
        'a value above its range',
        base,
        { inputs: { 'attestation.values': [130n, 100n, 3n, 1_250n] } },
        sum(96, 'MeetsTerms.AtMost#3[1].Uint'),
        'Num2Bits',
      ],
      [
        'the note after the last',
        makeMeteredStatement(),
        { inputs: { claimIndex: 12n } },
        sum(96, 'MeetsTerms.AtMost#2[3].Uint'),
        'Num2Bits',
      ],
      [
        'claim 2^32: a second nullifier for claim 0 (S6, S17)',
        base,
        { inputs: { claimIndex: 2n ** 32n } },
        sum(32, 'MeetsTerms.Meter.Uint'),
        'Num2Bits',
      ],
      [
        'claim -1 (S6)',
        base,
        { inputs: { claimIndex: R - 1n } },
        sum(32, 'MeetsTerms.Meter.Uint'),
        'Num2Bits',
      ],
      [
        'the mode 13, which reveals no slot',
        base,
        { inputs: { 'terms.mode': 13n } },
        'MeetsTerms.Mode: (bits[0] + bits[1]) * bits[2] = 0',
        'Mode',
      ],
      [
        'position 2^32 (S6, S11)',
        base,
        { inputs: { position: 2n ** 32n } },
        sum(32, 'MerkleRoot.Uint'),
        'Num2Bits',
      ],
    ];

    for (const [title, honest, hostile, constraint, refuser] of BY_INPUT) {
      it(`refuses ${title}`, async () => {
        const circuit = await loadCircuit(instance);
        const inputs = hostile.inputs ?? {};
        await expectProgramRefuses(circuit, toInputs(honest), inputs, refuser!);
        await expectRefused(honest, hostile, constraint);
      });
    }

    const BY_WIRE: readonly Case[] = [
      [
        'the attestation of somebody else, without his secret',
        base,
        { wires: { commitment: victimCommitment } },
        'IdentityCommitment.commitment = commitment',
      ],
      [
        'the nullifier of somebody else',
        base,
        { wires: { nullifier: publicSignals(victim)[0] } },
        'Nullifier.nullifier = nullifier',
      ],
      [
        'a nullifier of another secret than the commitment’s (S17)',
        base,
        { wires: { 'Nullifier.secret': 5n } },
        'secret = Nullifier.secret',
      ],
      [
        'a nullifier of another claim than the one shown (S17)',
        base,
        { wires: { 'Nullifier.claimIndex': 8n } },
        'claimIndex = Nullifier.claimIndex',
      ],
      [
        'a nullifier of another scope than the policy’s (S17)',
        base,
        { wires: { 'Nullifier.scope': 8n } },
        'scope = Nullifier.scope',
      ],
      [
        'the nullifier 0 (S18)',
        base,
        { wires: { nullifier: 0n } },
        'Nullifier.nullifier = nullifier',
      ],
      ['the root 0', base, { wires: { root: 0n } }, 'MerkleRoot.root = root'],
      ['the policy 0', base, { wires: { policy: 0n } }, 'Policy.policy = policy'],
      [
        'the policy of terms that demand nothing (S19)',
        base,
        { wires: { policy: policyOf(noTerms(terms.schemaId), base.scope) } },
        'Policy.policy = policy',
      ],
      [
        'terms under the hash other than those that are met (S19)',
        base,
        { wires: { 'Policy.terms.lo[1]': 22n } },
        'terms.lo[1] = Policy.terms.lo[1]',
      ],
      [
        'an outcome that says more',
        base,
        { wires: { outcome: publicSignals(base)[3] + 1n } },
        'Outcome.outcome = outcome',
      ],
      [
        'an outcome with another time than the one checked',
        base,
        { wires: { 'Outcome.checkedAt': base.checkedAt + 60n } },
        'checkedAt = Outcome.checkedAt',
      ],
      [
        'an outcome that shows the number of a metered claim as another',
        makeMeteredStatement(),
        { wires: { shown: 11n } },
        'MeetsTerms.shown = shown',
      ],
      [
        'values met other than those attested (S19)',
        base,
        { wires: { 'MeetsTerms.values[3]': 1_999n } },
        'attestation.values[3] = MeetsTerms.values[3]',
      ],
      [
        'an issue date met other than the one attested',
        base,
        { wires: { 'MeetsTerms.issuedAt': terms.issuedBefore } },
        'attestation.issuedAt = MeetsTerms.issuedAt',
      ],
      [
        'an expiry checked other than the one attested',
        base,
        { wires: { 'ValidAt.expiresAt': NEVER } },
        'attestation.expiresAt = ValidAt.expiresAt',
      ],
      [
        'a proof bound to another context (S4)',
        base,
        { wires: { 'Bind.in': 5n } },
        'context = Bind.in',
      ],
      [
        'a proof whose context is exchanged (S4)',
        base,
        { inputs: { context: 5n }, wires: { 'Bind.square': base.context ** 2n } },
        'Bind: in * in = square',
      ],
    ];

    for (const [title, honest, hostile, constraint] of BY_WIRE) {
      it(`refuses ${title}`, () => expectRefused(honest, hostile, constraint));
    }

    it('refuses a time of 2^40, although the attestation’s window moves with it (S6)', async () => {
      const time = 2n ** 40n;
      const honest: Statement = {
        ...base,
        checkedAt: NEVER,
        attestation: { ...attestation, expiresAt: NEVER + 5n },
      };
      await expectRefused(honest, { inputs: { checkedAt: time } }, sum(40, 'ValidAt.Uint'));
    });

    it('is refused by snarkjs, and accepted by it once the one constraint is gone', async () => {
      const circuit = await loadCircuit(instance);
      const forged = circuit.forge(toInputs(makeStatement()), { commitment: victimCommitment });
      const [position] = forged.positions;
      expect(forged.positions).to.have.length(1);
      expect(await checkWithSnarkjs(circuit.compiled.r1cs, forged.values)).to.equal(false);
      const without = withoutConstraint(circuit, position!);
      expect(await checkWithSnarkjs(without, forged.values)).to.equal(true);
      const product = await loadProduct();
      const left = translate(circuit, product, forged.values);
      expect(await checkWithSnarkjs(product.compiled.r1cs, left)).to.equal(false);
    });

    describe('about a leaf that nobody was attested (S11)', () => {
      /** What empty subtrees hash to, lowest first. */
      const emptyNodes = nodesAbove(
        0n,
        0n,
        Array.from({ length: DEPTH }).reduce<readonly Siblings[]>((levels) => {
          const zero = nodesAbove(0n, 0n, levels).at(-1)!;
          return [...levels, [zero, zero, zero]];
        }, []),
      );

      for (const [title, siblings, position] of [
        ['the empty leaf of a tree with members', base.siblings, base.position],
        ['a deleted leaf', base.siblings, base.position + 1n],
        [
          'the first leaf of an empty tree',
          emptyNodes.slice(0, DEPTH).map((zero): Siblings => [zero, zero, zero]),
          0n,
        ],
        [
          'the last leaf of an empty tree',
          emptyNodes.slice(0, DEPTH).map((zero): Siblings => [zero, zero, zero]),
          2n ** 32n - 1n,
        ],
        [
          'a leaf whose siblings are all 0',
          Array.from({ length: DEPTH }, (): Siblings => [0n, 0n, 0n]),
          7n,
        ],
      ] as const) {
        it(`refuses ${title}, though its root is real`, async () => {
          const honest = { ...makeStatement(), siblings, position };
          const circuit = await loadCircuit(instance);
          const root = nodesAbove(0n, position, siblings).at(-1);
          expect(circuit.forge(toInputs(honest), { leaf: 0n }).at('root')).to.equal(root);
          await expectRefused(honest, { wires: { leaf: 0n } }, 'AttestationLeaf.leaf = leaf');
        });
      }
    });

    describe('about a node of the tree (S12)', () => {
      const honest = makeStatement();
      const leaf = leafOf(honest.attestation, poseidon1([honest.secret]));
      const nodes = nodesAbove(leaf, honest.position, honest.siblings);
      /** An attestation of the prover's own making. */
      const foreign = { 'attestation.salt': 0xf02e169n };

      for (let level = 0; level <= DEPTH; level++) {
        const constraint =
          level === 0
            ? 'MerkleRoot: leaf = nodes[0]'
            : `MerkleRoot: Parent[${level - 1}].parent = nodes[${level}]`;

        it(`refuses a path that enters the real tree at level ${level}`, async () => {
          const circuit = await loadCircuit(instance);
          const wires = { [`MerkleRoot.nodes[${level}]`]: nodes[level]! };
          const { at } = circuit.forge({ ...toInputs(honest), ...foreign }, wires);
          expect(at('root')).to.equal(nodes.at(-1));
          await expectRefused(honest, { inputs: foreign, wires }, constraint);
        });
      }

      for (let level = 1; level <= DEPTH; level++) {
        it(`refuses a node of level ${level} as a leaf, and its root is another`, async () => {
          const circuit = await loadCircuit(instance);
          const above = honest.siblings.slice(level);
          const padding = Array.from({ length: level }, (): Siblings => [0n, 0n, 0n]);
          const hostile: Hostile = {
            inputs: {
              siblings: [...above, ...padding].flat(),
              position: honest.position >> BigInt(2 * level),
            },
            wires: { leaf: nodes[level]! },
          };
          const { at } = circuit.forge({ ...toInputs(honest), ...hostile.inputs }, hostile.wires);
          expect(at(`MerkleRoot.nodes[${DEPTH - level}]`)).to.equal(nodes.at(-1));
          expect(at('root')).to.not.equal(nodes.at(-1));
          await expectRefused(honest, hostile, 'AttestationLeaf.leaf = leaf');
        });

        it(`refuses a leaf as a node of level ${level}`, async () => {
          const wires = { [`MerkleRoot.nodes[${level}]`]: leaf };
          await expectRefused(
            honest,
            { wires },
            `MerkleRoot: Parent[${level - 1}].parent = nodes[${level}]`,
          );
        });
      }

      it('refuses the root of one tree of the list as the list’s', async () => {
        await expectRefused(honest, { wires: { root: nodes[14]! } }, 'MerkleRoot.root = root');
      });
    });

    it('refuses a leaf that is not in the tree, through a selector that is no bit (S8)', async () => {
      // Level 15: the two children of the first pair are mixed so that the real root comes out.
      const honest = { ...makeStatement(), position: 0n };
      const circuit = await loadCircuit(instance);
      const real = circuit.forge(toInputs(honest));
      const foreign = { 'attestation.salt': 0xf02e169n };
      const child = circuit.forge({ ...toInputs(honest), ...foreign }).at('MerkleRoot.nodes[15]');
      const [c0, c1] = [real.at('MerkleRoot.nodes[15]'), honest.siblings[15]![0]];
      const neighbour = (c0 + c1 - child + R) % R;
      const selector = mod((c0 - child) * inverse(mod(neighbour - child)));
      const siblings = honest.siblings.map((level, i): Siblings =>
        i === 15 ? [neighbour, level[1], level[2]] : level,
      );
      const hostile: Hostile = {
        inputs: {
          ...foreign,
          siblings: siblings.flat(),
          position: (selector << 30n) % R,
        },
        wires: {
          ...bitWires('MerkleRoot.Uint.Num2Bits.out', 0n, 32),
          'MerkleRoot.Uint.Num2Bits.out[30]': selector,
        },
      };
      const forged = circuit.forge({ ...toInputs(honest), ...hostile.inputs }, hostile.wires);
      expect(forged.at('root')).to.equal(real.at('root'));
      await expectRefused(honest, hostile, 'MerkleRoot.Uint.Num2Bits: (out[30] - 1) * out[30] = 0');
    });
  });

  describe('the nullifier', () => {
    const base = makeStatement();

    for (const [title, changes] of [
      ['another attestation', { attestation: { ...base.attestation, salt: 99n } }],
      ['a renewed attestation', { attestation: { ...base.attestation, expiresAt: NEVER } }],
      ['another issuer’s tree', { position: base.position ^ (3n << 30n) }],
      ['another time', { checkedAt: base.checkedAt + 60n }],
      ['amended terms', { terms: { ...base.terms, mode: 0n } }],
      ['another context', { context: 99n }],
      ['the secret + r', { secret: base.secret + R }],
      ['the scope + r', { scope: base.scope + R }],
      ['the claim index + r', { claimIndex: base.claimIndex + R }],
    ] as const) {
      it(`is the same with ${title} (S17)`, async () => {
        const circuit = await loadCircuit(instance);
        const nullifier = await circuit.calculateWire(toInputs(makeStatement()), 'nullifier');
        const other = await circuit.calculateWire(toInputs({ ...base, ...changes }), 'nullifier');
        expect(other).to.equal(nullifier);
      });
    }

    for (const [title, changes] of [
      ['another secret', { secret: base.secret + 1n }],
      ['another scope', { scope: base.scope + 1n }],
      ['another claim', { claimIndex: base.claimIndex + 1n }],
    ] as const) {
      it(`is another with ${title}`, async () => {
        const circuit = await loadCircuit(instance);
        const nullifier = await circuit.calculateWire(toInputs(makeStatement()), 'nullifier');
        const other = await circuit.calculateWire(toInputs({ ...base, ...changes }), 'nullifier');
        expect(other).to.not.equal(nullifier);
      });
    }
  });

  it('hashes each kind of object with an arity of its own: zeros behind don’t make one of another (S20)', () => {
    const [a, b] = [5n, 6n];
    const hashes = [
      poseidon1([a]),
      poseidon2([a, b]),
      poseidon2([a, 0n]),
      poseidon3([a, b, 0n]),
      poseidon3([a, 0n, 0n]),
      poseidon4([a, b, 0n, 0n]),
      poseidon4([a, 0n, 0n, 0n]),
    ];
    expect(new Set(hashes).size).to.equal(hashes.length);
  });

  describe('a witness with one wire changed and nothing recomputed', () => {
    it('is refused, whichever of all wires it is (S10)', async () => {
      await expectNoLooseWire(await loadCircuit(instance), toInputs(makeMeteredStatement()));
    });

    it('is refused, but for the inverse of a step that is 0 (S10)', async () => {
      await expectNoLooseWire(await loadCircuit(instance), toInputs(makeStatement()), [
        'MeetsTerms.Meter.IsZero.inv',
      ]);
    });

    it('is refused by the product too (S10)', async () => {
      const product = await loadProduct();
      const calculate = await loadCalculator(product.compiled.wasm);
      const seed = seedOf(1);
      for (const [statement, free] of [
        [makeMeteredStatement(), []],
        [makeStatement(), ['MeetsTerms.Meter.IsZero.inv']],
      ] as const) {
        const witness = await calculate(toInputs(statement));
        const loose = findLooseWires(product, witness, makeRandom(seed));
        expect(loose, `ELIGO_SEED=${seed}`).to.deep.equal(free);
      }
    });
  });
});
