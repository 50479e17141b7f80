import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { PACKAGE_ARTIFACTS } from '../../src/prover/artifacts.ts';
import { renderVerifyingKey } from '../../src/prover/solidityKey.ts';
import { sharedArtifacts, thrown } from '../support/world.ts';

const committed = new URL('../../contracts/generated/VerifyingKey.sol', import.meta.url);

/** The constants of a library's text. */
function constantsOf(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...text.matchAll(/constant (\w+) = (\w+);/g)].map(([, name = '', value = '']) => [
      name,
      value,
    ]),
  );
}

describe('prover/solidityKey', () => {
  it('gives the set its VerifyingKey.sol, byte for byte', async () => {
    const { verifyingKey } = await sharedArtifacts();
    const built = await readFile(`${PACKAGE_ARTIFACTS}VerifyingKey.sol`, 'utf8');
    expect(renderVerifyingKey(verifyingKey, { insecureDev: true })).to.equal(built);
  });

  it('has the same constants in contracts/generated: development keys are the same everywhere', async () => {
    const { verifyingKey } = await sharedArtifacts();
    const rendered = constantsOf(renderVerifyingKey(verifyingKey, { insecureDev: true }));
    expect(constantsOf(await readFile(committed, 'utf8'))).to.deep.equal(rendered);
    expect(Object.keys(rendered)).to.have.lengthOf(2 + 2 + 3 * 4 + 6 * 2);
  });

  it('writes G2 as EIP-197 orders it: the imaginary parts are X1 and Y1', async () => {
    const { verifyingKey } = await sharedArtifacts();
    const constants = constantsOf(renderVerifyingKey(verifyingKey, { insecureDev: true }));
    const [[x0, x1] = [], [y0, y1] = []] = verifyingKey.vk_delta_2;
    const { DELTA_X1, DELTA_X2, DELTA_Y1, DELTA_Y2 } = constants;
    expect([DELTA_X1, DELTA_X2, DELTA_Y1, DELTA_Y2]).to.deep.equal([x1, x0, y1, y0]);
    expect([constants['IC5_X'], constants['IC5_Y']]).to.deep.equal(verifyingKey.IC[5]?.slice(0, 2));
  });

  it('says whether the keys are insecure, in a constant and in words', async () => {
    const { verifyingKey } = await sharedArtifacts();
    const development = renderVerifyingKey(verifyingKey, { insecureDev: true });
    const ceremony = renderVerifyingKey(verifyingKey, { insecureDev: false });
    expect(constantsOf(development)['INSECURE_DEV']).to.equal('true');
    expect(development).to.include('Anybody can forge');
    expect(constantsOf(ceremony)['INSECURE_DEV']).to.equal('false');
    expect(ceremony).not.to.include('INSECURE-DEV');
  });

  it('S4: refuses a key for another number of signals', async () => {
    const { verifyingKey } = await sharedArtifacts();
    for (const IC of [verifyingKey.IC.slice(1), [...verifyingKey.IC, verifyingKey.IC[0]!]]) {
      expect(
        thrown(() => renderVerifyingKey({ ...verifyingKey, IC }, { insecureDev: true })).data[
          'field'
        ],
      ).to.equal('verifying key.IC');
    }
  });
});
