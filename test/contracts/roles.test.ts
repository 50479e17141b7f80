/** The table of roles in contracts/README.md names every function that changes something, and no other (S32). */
import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Abi } from 'viem';
import {
  distributorAbi,
  eligibilityVerifierAbi,
  grantsAbi,
  issuerRegistryAbi,
  rootRegistryAbi,
} from '../../src/chain/abis.ts';

const contracts: Readonly<Record<string, Abi>> = {
  IssuerRegistry: issuerRegistryAbi,
  RootRegistry: rootRegistryAbi,
  EligibilityVerifier: eligibilityVerifierAbi,
  Distributor: distributorAbi,
  Grants: grantsAbi,
};

describe('contracts/README.md: roles and powers', () => {
  for (const [name, abi] of Object.entries(contracts)) {
    it(`names the functions of ${name}`, async () => {
      const file = resolve(import.meta.dirname, '../../contracts/README.md');
      const rows = (await readFile(file, 'utf8'))
        .split('\n')
        .filter((line) => line.startsWith(`| ${name} |`));
      const named = rows.flatMap((row) =>
        [...row.split('|')[2]!.matchAll(/`(\w+)`/g)].map(([, verb]) => verb),
      );
      const changing = abi.flatMap((item) =>
        item.type === 'function' && !['view', 'pure'].includes(item.stateMutability)
          ? [item.name]
          : [],
      );
      expect(named.sort()).to.deep.equal(changing.sort());
    });
  }
});
