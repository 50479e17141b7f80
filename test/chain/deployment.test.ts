import { expect } from 'chai';
import { getBlockNumber, getCode } from 'viem/actions';
import {
  CONTRACTS,
  deployContracts,
  readDeployment,
  type DeployedContract,
  type Deployment,
} from '../../src/chain/deployment.ts';
import { examine } from '../../src/chain/doctor.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import { DEPLOYMENT } from '../support/issuers.ts';
import { clientOf } from '../support/twinWorld.ts';
import { sharedArtifacts, thrown } from '../support/world.ts';

describe('chain/deployment', () => {
  describe('readDeployment', () => {
    it('reads a record, with the block that it begins at or without', () => {
      expect(readDeployment(DEPLOYMENT)).to.deep.equal(DEPLOYMENT);
      const with7 = { ...DEPLOYMENT, block: '7' };
      expect(readDeployment(JSON.stringify(with7))).to.deep.equal(with7);
    });

    const { Grants, ...others } = DEPLOYMENT.contracts;
    const faults: Readonly<Record<string, readonly [field: string, record: object]>> = {
      'a block that is no number': ['deployment.block', { ...DEPLOYMENT, block: '0x7' }],
      'a block below zero': ['deployment.block', { ...DEPLOYMENT, block: '-1' }],
      'a chain that is no number': ['deployment.chainId', { ...DEPLOYMENT, chainId: 'main' }],
      'a record without grants': ['deployment.contracts', { ...DEPLOYMENT, contracts: others }],
      'a verifier of its own, as records had one before gates checked proofs': [
        'deployment.contracts',
        { ...DEPLOYMENT, contracts: { ...DEPLOYMENT.contracts, EligibilityVerifier: Grants } },
      ],
    };
    for (const [what, [field, record]] of Object.entries(faults)) {
      it(`refuses ${what}`, () => {
        const error = thrown(() => readDeployment(record));
        expect(error.code).to.equal('InvalidInput');
        expect(error.data['field']).to.match(new RegExp(`^${field}`));
      });
    }
  });

  describe('deployContracts', () => {
    let anvil: Anvil;
    let deployment: Deployment;
    const deployed: DeployedContract[] = [];
    before(async () => {
      anvil = await startAnvil();
      await anvil.client.mine({ blocks: 3 });
      deployment = await deployContracts(clientOf(anvil, 0), {
        artifacts: await sharedArtifacts(),
        onDeployed: (contract) => deployed.push(contract),
      });
    });
    after(() => anvil.stop());

    it('records a block before which none of the contracts was there', async () => {
      const client = clientOf(anvil, 0);
      expect(deployment.block).to.equal('3');
      expect(await getBlockNumber(client, { cacheTime: 0 })).to.equal(3n + BigInt(deployed.length));
      for (const name of CONTRACTS) {
        const address = deployment.contracts[name];
        expect(deployed.find((made) => made.name === name)?.address).to.equal(address);
        expect(await getCode(client, { address }), name).to.match(/^0x[0-9a-f]+$/);
      }
      expect(deployed.slice(-CONTRACTS.length).map(({ name }) => name)).to.deep.equal(CONTRACTS);
    });

    describe('examine', () => {
      const failing = async (changes: Partial<Deployment['contracts']>) => {
        const contracts = { ...deployment.contracts, ...changes };
        const findings = await examine(clientOf(anvil, 1), {
          deployment: { ...deployment, contracts },
          artifacts: await sharedArtifacts(),
        });
        return findings.filter(({ ok }) => !ok).map(({ check }) => check);
      };

      it('finds it healthy', async () => {
        expect(await failing({})).to.deep.equal([]);
      });

      it('names what points elsewhere', async () => {
        const { IssuerRegistry, Grants } = deployment.contracts;
        expect(await failing({ IssuerRegistry: Grants })).to.deep.equal([
          'registry knows its issuers',
        ]);
        expect(await failing({ Grants: IssuerRegistry })).to.deep.equal([
          'distributor pays grants here',
        ]);
        expect(await failing({ RootRegistry: Grants })).to.deep.equal([
          ...['registry knows its issuers', 'gate reads this registry'],
        ]);
        expect(await failing({ Distributor: Grants })).to.deep.equal([
          ...['verifying key on-chain', 'gate reads this registry', 'distributor pays grants here'],
        ]);
      });

      it('names a key that is not the artifacts’ own', async () => {
        const artifacts = await sharedArtifacts();
        const { verifyingKey } = artifacts;
        const other = { ...verifyingKey, IC: verifyingKey.IC.toReversed() };
        const findings = await examine(clientOf(anvil, 1), {
          deployment,
          artifacts: { ...artifacts, verifyingKey: other },
        });
        expect(findings.filter(({ ok }) => !ok).map(({ check }) => check)).to.deep.equal([
          'verifying key on-chain',
        ]);
      });
    });
  });
});
