/**
 * A holder in a small tree under a policy with every feature but the meter: what the benchmarks prove.
 * @module
 */
import { createAttestation, hashAttestation } from '../../src/protocol/attestation.ts';
import { createIdentity } from '../../src/protocol/identity.ts';
import { definePolicy } from '../../src/protocol/policy.ts';
import { computeContext, computeScope } from '../../src/protocol/statement.ts';
import { compileTerms } from '../../src/protocol/terms.ts';
import type { Artifacts } from '../../src/prover/artifacts.ts';
import type { Backend } from '../../src/prover/backend.ts';
import type { ProvenStatement } from '../../src/prover/proof.ts';
import { prove } from '../../src/prover/prove.ts';
import type { WitnessInputs } from '../../src/prover/witness.ts';
import { createTree } from '../../src/tree/tree.ts';
import { createTrustList } from '../../src/tree/trustList.ts';
import { schema } from '../demo/people.ts';

const AUDIENCE = 'https://example.org';
const ISSUED_AT = 1_699_920_000n;
const CHECKED_AT = 1_700_000_040n;

/** What a proof is made of, and the proof. */
export async function makeCase(
  artifacts: Artifacts,
): Promise<{ inputs: WitnessInputs; prove: (backend?: Backend) => Promise<ProvenStatement> }> {
  const identity = createIdentity({ secret: '123456789' });
  const attestation = createAttestation({
    schema,
    commitment: identity.commitment,
    issuedAt: ISSUED_AT,
    salt: '987654321',
    values: { country: 'DE', tier: 'gold', amount: '400000000000000000000' },
  });
  const tree = await createTree({ leaves: [1n, 2n, hashAttestation(attestation)] });
  const list = await createTrustList({ roots: [tree.root()] });
  const policy = definePolicy(
    {
      eligo: 'policy/1',
      schema: schema.id.toString(),
      issued: { before: ISSUED_AT.toString() },
      where: [{ field: 'country', in: ['DE', 'FR'] }],
      disclose: 'tier',
    },
    schema,
  );
  const path = list.extendPath(0, tree.path(2));
  const scope = computeScope({ audience: AUDIENCE, label: `0x${'01'.repeat(32)}` });
  const context = computeContext({ audience: AUDIENCE, challenge: `0x${'02'.repeat(32)}` });
  const common = { attestation, path, scope, context, checkedAt: CHECKED_AT, claimIndex: 0n };
  return {
    inputs: { ...common, secret: identity.secret, terms: compileTerms(policy) },
    prove: (backend) => prove({ ...common, artifacts, identity, policy, root: list.root, backend }),
  };
}
