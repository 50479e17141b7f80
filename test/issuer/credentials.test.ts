import { expect } from 'chai';
import { recoverTypedDataAddress } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { LOCAL_KEYS } from '../../src/chain/localChain.ts';
import type { WriteClient } from '../../src/chain/client.ts';
import { makeCredentials, redeemToken, renewToken } from '../../src/issuer/credentials.ts';
import type { Issuer } from '../../src/issuer/issuer.ts';
import { revoke } from '../../src/issuer/revoke.ts';
import { hashAttestation } from '../../src/protocol/attestation.ts';
import {
  credentialTypedData,
  readCredential,
  writeCredential,
  type Credential,
} from '../../src/protocol/credential.ts';
import {
  DEPLOYMENT,
  EVIDENCE,
  KEY,
  NOW,
  bound,
  hashLeaves,
  issued,
  rowOf,
  rowsIn,
  rowsOf,
  schema,
} from '../support/issuers.ts';
import { forEachStore } from '../support/stores.ts';
import { rejected } from '../support/world.ts';

const why = { reason: 'fraud', evidence: EVIDENCE, now: NOW } as const;

/** A publisher whose key is here: no node is asked. */
const account = privateKeyToAccount(LOCAL_KEYS[1]!);
const signer = {
  account,
  request: () => Promise.reject(new Error('asked')),
} as unknown as WriteClient;
const failing = {
  ...signer,
  account: { ...account, signTypedData: () => Promise.reject(new Error('no signature')) },
} as unknown as WriteClient;

describe('issuer/credentials', () => {
  forEachStore((stores) => {
    /** An issuer with three people, and their tokens. */
    const open = async () => {
      const issuer = await bound(await stores.openFresh({ key: KEY }));
      const done = await issued(issuer.store, rowsOf(3), { hashLeaves, tokens: true });
      return {
        issuer,
        leaves: done.map(({ leaf }) => leaf),
        tokens: done.map(({ token }) => token!),
      };
    };

    const expectCredential = async (credential: Credential, position: number, leaf: bigint) => {
      const { signature, ...rest } = credential;
      const { commitment, values } = rowOf(position);
      expect(rest).to.deep.include({
        ...{ circuit: DEPLOYMENT.circuit, chainId: 31_337n, position: BigInt(position), schema },
        ...{ registry: DEPLOYMENT.contracts.RootRegistry, tree: 5n },
      });
      expect(rest.attestation).to.deep.include({ commitment, values });
      expect(hashAttestation(rest.attestation)).to.equal(leaf);
      const typedData = credentialTypedData(rest);
      expect(await recoverTypedDataAddress({ ...typedData, signature })).to.equal(account.address);
      expect(readCredential(writeCredential(credential))).to.deep.equal(credential);
    };

    const all = async (issuer: Issuer, positions?: readonly number[]) => {
      const made = [];
      for await (const credential of makeCredentials(issuer, signer, { positions }))
        made.push(credential);
      return made;
    };

    it('are made of all live attestations, or of those named, in order, signed by the publisher', async () => {
      const { issuer, leaves } = await open();
      await revoke(issuer.store, { ...why, positions: [1] });
      const made = await all(issuer);
      expect(made.map(({ position }) => position)).to.deep.equal([0n, 2n]);
      await expectCredential(made[0]!, 0, leaves[0]!);
      await expectCredential(made[1]!, 2, leaves[2]!);
      expect(await all(issuer, [2, 0])).to.deep.equal([made[1], made[0]]);
      const revoked = await rejected(all(issuer, [0, 1]));
      expect(revoked).to.include({ code: 'AlreadyRevoked' });
      const unknown = await rejected(all(issuer, [0, 3]));
      expect(unknown).to.include({ code: 'UnknownAttestation' });
    });

    it('are handed over for a token, once', async () => {
      const { issuer, leaves, tokens } = await open();
      await expectCredential(await redeemToken(issuer, signer, tokens[1]!), 1, leaves[1]!);
      for (const token of [tokens[1]!, '', `${tokens[0]!}x`]) {
        const error = await rejected(redeemToken(issuer, signer, token));
        expect(error).to.include({ code: 'UnknownToken' });
        if (token !== '') expect(JSON.stringify([error.message, error.data])).to.not.include(token);
      }
      await redeemToken(issuer, signer, tokens[0]!);
    });

    it('are handed to one of two who come with the same token at once', async () => {
      const { issuer, tokens } = await open();
      const outcomes = await Promise.allSettled(
        [1, 2, 3].map(() => redeemToken(issuer, signer, tokens[0]!)),
      );
      const lost = outcomes.filter((outcome) => outcome.status === 'rejected');
      expect(lost).to.have.length(2);
      for (const { reason } of lost) expect(reason).to.include({ code: 'UnknownToken' });
    });

    it('leave the token as it was where nobody signs, or the attestation is revoked', async () => {
      const { issuer, tokens } = await open();
      const rows = await rowsIn(issuer.store);
      const message = await redeemToken(issuer, failing, tokens[0]!).catch(
        (error: unknown) => (error as Error).message,
      );
      expect(message).to.equal('no signature');
      expect(await rowsIn(issuer.store)).to.deep.equal(rows);
      await redeemToken(issuer, signer, tokens[0]!);

      await revoke(issuer.store, { ...why, positions: [1] });
      for (let again = 0; again < 2; again++) {
        const error = await rejected(redeemToken(issuer, signer, tokens[1]!));
        expect(error).to.include({ code: 'AlreadyRevoked' });
      }
    });

    it('have a new token where one is asked for, and the old one is void', async () => {
      const { issuer, leaves, tokens } = await open();
      const renewed = await renewToken(issuer, { position: 0 });
      expect(await rejected(redeemToken(issuer, signer, tokens[0]!))).to.include({
        code: 'UnknownToken',
      });
      await expectCredential(await redeemToken(issuer, signer, renewed), 0, leaves[0]!);
      // One that was used can be renewed; one that is revoked or was never issued can't.
      const third = await renewToken(issuer, { position: 0 });
      await redeemToken(issuer, signer, third);
      await revoke(issuer.store, { ...why, positions: [1] });
      const rows = await rowsIn(issuer.store);
      expect(await rejected(renewToken(issuer, { position: 1 }))).to.include({
        code: 'AlreadyRevoked',
      });
      expect(await rejected(renewToken(issuer, { position: 3 }))).to.include({
        code: 'UnknownAttestation',
      });
      expect(await rowsIn(issuer.store)).to.deep.equal(rows);
    });
  });
});
