import { expect } from 'chai';
import type { Address } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import { EligoError } from '../../src/errors.ts';
import { signEnrolment } from '../../src/chain/enrolments.ts';
import type { ReadClient, WriteClient } from '../../src/chain/client.ts';
import { LOCAL_KEYS } from '../../src/chain/localChain.ts';
import { enrol, invite, listWaiting, type InviteParameters } from '../../src/issuer/enrol.ts';
import type { Issuer } from '../../src/issuer/issuer.ts';
import { erase, revoke } from '../../src/issuer/revoke.ts';
import { subjectKey } from '../../src/issuer/subject.ts';
import type { Enrolment, Invitation } from '../../src/protocol/enrolment.ts';
import { NEVER } from '../../src/protocol/field.ts';
import { readAttestations } from '../../src/store/attestations.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import {
  EVIDENCE,
  KEY,
  NOW,
  PEPPER,
  bound,
  checkedLog,
  commitmentOf,
  hashLeaves,
  issued,
  otherSchema,
  rowOf,
  rowsIn,
  schema,
} from '../support/issuers.ts';
import { forEachStore } from '../support/stores.ts';
import { rejected } from '../support/world.ts';

const DEADLINE = NOW + 3_600n;

/** Holders with a key each: nobody asks a node for their signatures. */
const holders = LOCAL_KEYS.map((key) => {
  const account = privateKeyToAccount(key);
  const request = () => Promise.reject(new Error('asked'));
  return { account, chain: foundry, request } as unknown as WriteClient;
});
const [ann, ben] = [holders[0]!, holders[1]!];

const rowFor = (account: Address) => ({
  account,
  subjectKey: subjectKey({ pepper: PEPPER, kind: 'address', identifier: account }),
  expiresAt: NEVER,
  values: [276n, 1n, 2n, 3n] as const,
  name: `line of ${account}`,
});

describe('issuer/enrol', () => {
  let anvil: Anvil;

  before(async () => {
    // A signature that is not the account's own key's is put to the chain: it may be a contract's.
    anvil = await startAnvil();
  });

  after(() => anvil.stop());

  const client = (): ReadClient => anvil.client;

  forEachStore((stores) => {
    const open = async (): Promise<Issuer> => bound(await stores.openFresh({ key: KEY }));

    const invited = async (
      issuer: Issuer,
      accounts: readonly Address[],
      options: Partial<InviteParameters> = {},
    ): Promise<readonly Invitation[]> => {
      const all: Invitation[] = [];
      const onInvited = (some: readonly Invitation[]): void => {
        all.push(...some);
      };
      const rows = accounts.map(rowFor);
      await invite(issuer, { schema, rows, deadline: DEADLINE, onInvited, ...options });
      return all;
    };

    const waiting = async (issuer: Issuer): Promise<readonly Invitation[]> => {
      const all = [];
      for await (const invitation of listWaiting(issuer)) all.push(invitation);
      return all;
    };

    const accept = (issuer: Issuer, enrolment: Enrolment, now = NOW) =>
      enrol(issuer, client(), { enrolment, now, hashLeaves, tokens: true });

    const sign = (by: WriteClient, invitation: Invitation, n = 0): Promise<Enrolment> =>
      signEnrolment(by, { invitation, commitment: commitmentOf(n) });

    const expectNothing = async (issuer: Issuer, code: string, work: () => Promise<unknown>) => {
      const rows = await rowsIn(issuer.store);
      const error = await rejected(work());
      expect(error).to.include({ code });
      expect(await rowsIn(issuer.store)).to.deep.equal(rows);
      return error;
    };

    it('binds an account to a commitment once, and attests it in the same change', async () => {
      const issuer = await open();
      const [invitation] = await invited(issuer, [ann.account.address]);
      expect(await waiting(issuer)).to.deep.equal([invitation]);
      const enrolment = await sign(ann, invitation!);
      const done = await accept(issuer, enrolment);
      expect(done).to.include({ position: 0 });
      expect(done.token).to.be.a('string');
      const [stored] = await readAttestations(issuer.store.db, KEY, [0]);
      expect(stored!.attestation).to.deep.include({
        ...{ commitment: commitmentOf(0), values: rowFor(ann.account.address).values },
      });
      expect(await checkedLog(issuer.store)).to.have.length(1);
      expect(await waiting(issuer)).to.deep.equal([]);
      const again = await expectNothing(issuer, 'UnknownEnrolment', () =>
        accept(issuer, enrolment),
      );
      expect(again.data).to.deep.equal({ position: 0 });
    });

    it('tells of the attestation before it counts, and does nothing if that fails', async () => {
      const issuer = await open();
      const [invitation] = await invited(issuer, [ann.account.address]);
      const enrolment = await sign(ann, invitation!);
      const parameters = { enrolment, now: NOW, hashLeaves, tokens: true };
      const full = new EligoError('FileUnavailable', 'the disk is full');
      await expectNothing(issuer, 'FileUnavailable', () =>
        enrol(issuer, client(), {
          ...parameters,
          onIssued: () => {
            throw full;
          },
        }),
      );
      const told: (string | undefined)[] = [];
      const done = await enrol(issuer, client(), {
        ...parameters,
        onIssued: (some) => void told.push(...some.map(({ token }) => token)),
      });
      expect(told).to.deep.equal([done.token]);
    });

    it('is accepted once by two who hand it in at once', async () => {
      const issuer = await open();
      const [invitation] = await invited(issuer, [ann.account.address]);
      const enrolment = await sign(ann, invitation!);
      const outcomes = await Promise.allSettled([1, 2].map(() => accept(issuer, enrolment)));
      expect(outcomes.map(({ status }) => status).sort()).to.deep.equal(['fulfilled', 'rejected']);
      const lost = outcomes.find((outcome) => outcome.status === 'rejected');
      expect(lost!.reason).to.include({ code: 'UnknownEnrolment' });
    });

    it('refuses a nonce that nobody waits with, one too late, and another account’s signature', async () => {
      const issuer = await open();
      const [first, second] = await invited(issuer, [ann.account.address, ben.account.address]);
      const enrolment = await sign(ann, first!);
      const refusals = [
        ['UnknownEnrolment', { ...enrolment, nonce: enrolment.nonce ^ 1n }, NOW],
        ['EnrolmentExpired', enrolment, DEADLINE + 1n],
        [
          'InvalidSignature',
          { ...enrolment, signature: (await sign(ben, second!)).signature },
          NOW,
        ],
        ['InvalidSignature', { ...enrolment, commitment: commitmentOf(1) }, NOW],
        ['InvalidSignature', { ...enrolment, nonce: second!.nonce }, NOW],
        ['InvalidSignature', { ...enrolment, deadline: NEVER }, NOW],
      ] as const;
      for (const [code, altered, now] of refusals)
        await expectNothing(issuer, code, () => accept(issuer, altered, now));
      await accept(issuer, enrolment, DEADLINE);
    });

    it('refuses a commitment that is live under another account, and somebody attested meanwhile', async () => {
      const issuer = await open();
      const addresses = [ann.account.address, ben.account.address];
      const [first, second] = await invited(issuer, addresses);
      await accept(issuer, await sign(ann, first!, 0));
      const taken = await sign(ben, second!, 0);
      await expectNothing(issuer, 'CommitmentTaken', () => accept(issuer, taken));
      const { subjectKey: subject } = rowFor(ben.account.address);
      await issued(issuer.store, [rowOf(5, { subjectKey: subject })]);
      const late = await sign(ben, second!, 1);
      await expectNothing(issuer, 'AlreadyAttested', () => accept(issuer, late));
      await revoke(issuer.store, {
        ...{ positions: [1], reason: 'duplicate', evidence: EVIDENCE, now: NOW },
      });
      await accept(issuer, late);
    });

    describe('inviting', () => {
      it('takes all of a batch or nobody: who waits, who is attested, who is in it twice', async () => {
        const issuer = await open();
        const [a, b, c] = holders.map(({ account }) => account.address);
        const [first] = await invited(issuer, [a!]);
        await expectNothing(issuer, 'AlreadyAttested', () => invited(issuer, [b!, a!]));
        await expectNothing(issuer, 'AlreadyAttested', () => invited(issuer, [b!, c!, b!]));
        await accept(issuer, await sign(ann, first!));
        const error = await expectNothing(issuer, 'AlreadyAttested', () =>
          invited(issuer, [b!, a!], { renew: true }),
        );
        expect(error.message).to.match(/^line of \w+: the account holds a live attestation/);
        // The row's name is the caller's own: nothing else says who it is.
        expect(error.data).to.deep.equal({ row: rowFor(a!).name });
        const nameless = [{ ...rowFor(a!), name: undefined }];
        const quiet = await rejected(invited(issuer, [], { rows: nameless }));
        expect(quiet.message).to.equal('the account holds a live attestation of this schema');
        expect(quiet.data).to.deep.equal({ row: undefined });
        await invited(issuer, [b!, c!]);
        // Under another schema they are invited as well.
        await invited(issuer, [a!, b!], { schema: otherSchema });
        const schemas = (await waiting(issuer)).map(({ schemaId }) => schemaId);
        expect(schemas.filter((id) => id === otherSchema.id)).to.have.length(2);
        expect(schemas).to.have.length(4);
      });

      it('leaves nobody waiting where the invitations could not be handed out', async () => {
        const issuer = await open();
        const rows = await rowsIn(issuer.store);
        const onInvited = (): never => {
          throw new Error('disk full');
        };
        const message = await invited(issuer, [ann.account.address], { onInvited }).catch(
          (error: unknown) => (error as Error).message,
        );
        expect(message).to.equal('disk full');
        expect(await rowsIn(issuer.store)).to.deep.equal(rows);
      });

      it('voids the invitation before, where it is renewed', async () => {
        const issuer = await open();
        const [first] = await invited(issuer, [ann.account.address]);
        const old = await sign(ann, first!);
        const [second] = await invited(issuer, [ann.account.address], { renew: true });
        expect(second!.nonce).to.not.equal(first!.nonce);
        await expectNothing(issuer, 'UnknownEnrolment', () => accept(issuer, old));
        await accept(issuer, await sign(ann, second!));
      });

      it('sees somebody twice in different parts of a long list, also while renewing', async () => {
        const issuer = await open();
        const address = (n: number): Address => `0x${n.toString(16).padStart(40, '0')}`;
        const many = Array.from({ length: 1_024 }, (_, n) => address(n + 1));
        for (const renew of [false, true]) {
          const error = await expectNothing(issuer, 'AlreadyAttested', () =>
            invited(issuer, [...many, address(1)], { renew }),
          );
          expect(error.message).to.match(/is in the batch twice/);
        }
        expect(await invited(issuer, [...many, address(1_025)])).to.have.length(1_025);
        const nonces = (await waiting(issuer)).map(({ nonce }) => nonce);
        expect(new Set(nonces).size).to.equal(1_025);
      });
    });

    it('is gone with the person’s data', async () => {
      const issuer = await open();
      const [first] = await invited(issuer, [ann.account.address, ben.account.address]);
      const enrolment = await sign(ann, first!);
      const { subjectKey: subject } = rowFor(ann.account.address);
      const erased = await erase(issuer.store, { subjectKey: subject });
      expect(erased).to.deep.equal({ positions: [], enrolments: 1 });
      await expectNothing(issuer, 'UnknownEnrolment', () => accept(issuer, enrolment));
      expect((await waiting(issuer)).map(({ account }) => account)).to.deep.equal([
        ben.account.address,
      ]);
    });
  });
});
